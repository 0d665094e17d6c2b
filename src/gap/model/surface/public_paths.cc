#include "gap/model/surface/public_paths.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gap/model/dotted_name.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '.');
}

/// Objects of which it matters whether two names stand for the same one.
bool has_identity(const Value* value) {
  return value->as<Module>() != nullptr || value->as<Class>() != nullptr ||
         value->as<Function>() != nullptr || value->as<Property>() != nullptr ||
         value->as<External>() != nullptr || value->as<Partial>() != nullptr ||
         value->as<Instance>() != nullptr;
}

/// The module that an object in sys.modules stands in front of: one of its attributes.
Value* module_behind(Interpreter& interpreter, const Instance& instance, std::string_view dotted) {
  for (const Binding& binding : instance.names.bindings()) {
    Value* value = interpreter.force(binding.definition.value);
    const auto* module = value->as<Module>();
    if (module != nullptr && module->name == dotted) {
      return value;
    }
  }
  return nullptr;
}

/// Whether the name is imported from elsewhere and cannot be one of the objects sought.
bool is_other_import(const PublicName& name, const SoughtWords& sought) {
  const auto* deferred = name.definition.value->as<Deferred>();
  if (deferred == nullptr || deferred->module.empty() || deferred->attribute.empty()) {
    return false;
  }
  const auto is_sought = [&](std::string_view word) {
    const auto at = sought.lower_bound({std::string(word), ""});
    return at != sought.end() && at->first == word;
  };
  return !is_sought(deferred->attribute) && !is_sought(name.name);
}

}  // namespace

PublicPaths::PublicPaths(Interpreter& interpreter, const Scope& scope) : interpreter_(interpreter) {
  select_modules(scope);
  for (const std::string& module : modules_) {
    add_module(module, nullptr);
  }
  add_names_in_scope();
}

SoughtWords PublicPaths::sought() const {
  SoughtWords words;
  const auto add_object = [&](std::string_view path) {
    const std::string_view owner = owner_of(path);
    if (!owner.empty()) {
      words.emplace(simple_name(path), simple_name(owner));
    }
  };
  for (const PublicPath& path : paths_) {
    if (!has_identity(path.value) || path.value->as<Module>() != nullptr) {
      continue;
    }
    add_object(path.path);
    add_object(interpreter_.defined_as(path.value));
    // Whether a base is public decides where its members are listed.
    for (Value* base : interpreter_.mro(path.value)) {
      add_object(interpreter_.defined_as(base));
    }
  }
  return words;
}

std::vector<std::string> PublicPaths::defining_modules() const {
  std::set<std::string> modules;
  for (const PublicPath& path : paths_) {
    const auto* function = path.value->as<Function>();
    const auto* cls = path.value->as<Class>();
    const Module* module = function != nullptr ? function->module
                           : cls != nullptr    ? cls->module
                                               : nullptr;
    if (module != nullptr && is_public_path(module->name)) {
      modules.emplace(module->name);
    }
  }
  return {modules.begin(), modules.end()};
}

void PublicPaths::look_in(const std::vector<std::string>& modules, const SoughtWords& sought) {
  for (const std::string& module : modules) {
    if (!module_set_.contains(module) && looked_in_.insert(module).second) {
      add_module(module, &sought);
    }
  }
}

void PublicPaths::complete() {
  for (const PublicPath& path : paths_) {
    if (path.value->as<Class>() != nullptr && is_public_path(path.path)) {
      public_classes_.insert(path.value);
    }
  }
  add_members();
  group();
}

void PublicPaths::select_modules(const Scope& scope) {
  const auto add = [this](const std::string& module) {
    if (module_set_.insert(module).second) {
      modules_.push_back(module);
    }
  };
  if (scope.everything) {
    for (const std::string& module : interpreter_.modules("torch")) {
      if (is_public_path(module)) {
        add(module);
      }
    }
  }
  for (const ScopeEntry& entry : scope.entries) {
    const std::vector<std::string> modules = interpreter_.modules(entry.name);
    if (modules.empty() || modules.front() != entry.name) {
      names_.push_back(entry.name);
      continue;
    }
    add(entry.name);
    for (const std::string& module : modules) {
      if (entry.submodules && is_public_path(std::string_view(module).substr(entry.name.size()))) {
        add(module);
      }
    }
  }
}

bool PublicPaths::in_scope(std::string_view path, bool module_in_scope) const {
  return module_in_scope ||
         std::ranges::any_of(names_, [&](const std::string& name) { return is_under(path, name); });
}

/// Whether the scope asks about a member of what has this path.
bool PublicPaths::is_on_the_way(std::string_view path) const {
  return std::ranges::any_of(names_, [&](const std::string& name) { return is_under(name, path); });
}

void PublicPaths::add(PublicPath path) {
  if (known_paths_.insert(path.path).second) {
    paths_.push_back(std::move(path));
  }
}

void PublicPaths::add_module(const std::string& dotted, const SoughtWords* sought) {
  const bool module_in_scope = module_set_.contains(dotted);
  Value* module = interpreter_.import(dotted);
  if (module == nullptr) {
    unknown_.push_back({dotted, "the module cannot be imported", ""});
    return;
  }
  if (module_in_scope) {
    PublicPath itself;
    itself.path = dotted;
    itself.name = {dotted, PublicBy::Scope, {.value = module}, {}};
    itself.value = module;
    itself.in_scope = true;
    add(std::move(itself));
  }
  std::vector<PublicName> names;
  if (const auto* instance = module->as<Instance>()) {
    Value* type = instance->type == nullptr ? nullptr : interpreter_.force(instance->type);
    if (type != nullptr && type->as<Class>() != nullptr) {
      names = public_members(interpreter_, type, [](const Value*) { return false; });
      std::erase_if(names, [](const PublicName& name) { return is_special_name(name.name); });
    }
    module = module_behind(interpreter_, *instance, dotted);
  }
  if (module != nullptr && module->as<Module>() != nullptr) {
    for (PublicName& name :
         public_names(interpreter_, module, module_in_scope ? unknown_ : discarded_)) {
      names.push_back(std::move(name));
    }
  } else if (module_in_scope) {
    unknown_.push_back({dotted, "what stands in sys.modules for it is not known", ""});
  }
  for (PublicName& name : names) {
    if (sought != nullptr && is_other_import(name, *sought)) {
      continue;
    }
    PublicPath path;
    path.path = dotted + "." + std::string(name.name);
    path.value = interpreter_.force(name.definition.value);
    path.owner = module;
    path.in_scope = in_scope(path.path, module_in_scope);
    path.name = std::move(name);
    add(std::move(path));
  }
}

/// What the scope names one by one: public names of their modules, and others.
void PublicPaths::add_names_in_scope() {
  for (const std::string& name : names_) {
    std::string owner = name;
    std::string_view
        first;  // of the parts below the module; a part of `name`, which lives long enough
    Value* module = nullptr;
    while (module == nullptr && owner.find('.') != std::string::npos) {
      const std::size_t dot = owner.rfind('.');
      first = std::string_view(name).substr(dot + 1, owner.size() - dot - 1);
      owner.resize(dot);
      const std::vector<std::string> modules = interpreter_.modules(owner);
      module = modules.empty() || modules.front() != owner ? nullptr : interpreter_.import(owner);
    }
    if (module != nullptr && !module_set_.contains(owner) && looked_in_.insert(owner).second) {
      add_module(owner, nullptr);
    }
    const std::string path_text = owner + "." + std::string(first);
    if (known_paths_.contains(path_text)) {
      continue;
    }
    Value* value = module == nullptr ? nullptr : interpreter_.attribute(module, first);
    if (value == nullptr) {
      unknown_.push_back({name, "no source defines it", ""});
      continue;
    }
    PublicPath path;
    path.path = path_text;
    path.name = {first, PublicBy::Scope, {.value = value}, {}};
    const Binding* binding = interpreter_.binding(module, first);
    if (binding != nullptr && !binding->deleted) {
      path.name = {binding->name, PublicBy::Scope, binding->definition, binding->alternatives};
    }
    path.value = interpreter_.force(value);
    path.owner = module;
    path.in_scope = in_scope(path.path, false);
    add(std::move(path));
  }
}

void PublicPaths::add_members() {
  // Classes of which a member is asked for: by any path in scope. Their other paths come with them.
  std::unordered_set<const Value*> asked;
  for (const PublicPath& path : paths_) {
    if (path.value->as<Class>() != nullptr && (path.in_scope || is_on_the_way(path.path))) {
      asked.insert(path.value);
    }
  }
  std::unordered_map<const Value*, std::vector<PublicName>> members;
  const std::size_t of_modules = paths_.size();
  for (std::size_t i = 0; i < of_modules; ++i) {
    if (asked.contains(paths_[i].value)) {
      add_members_of(i, members);
    }
  }
}

void PublicPaths::add_members_of(
    std::size_t position, std::unordered_map<const Value*, std::vector<PublicName>>& members) {
  Value* value = paths_[position].value;
  const std::string class_path = paths_[position].path;
  const bool class_in_scope = paths_[position].in_scope;
  const std::string_view qualified_name = value->as<Class>()->qualified_name;
  auto known = members.find(value);
  if (known == members.end()) {
    const auto is_public = [this](const Value* cls) {
      return public_classes_.contains(cls) || is_public_path(cls->as<Class>()->qualified_name);
    };
    known = members.emplace(value, public_members(interpreter_, value, is_public)).first;
  }
  std::vector<PublicName> names = known->second;
  add_private_members_in_scope(class_path, value, names);
  for (const PublicName& name : names) {
    PublicPath path;
    path.path = class_path + "." + std::string(name.name);
    path.name = name;
    path.value = interpreter_.force(name.definition.value);
    path.owner = value;
    path.is_member = true;
    path.in_scope = in_scope(path.path, class_in_scope);
    const auto* nested = path.value->as<Class>();
    const bool is_nested =
        nested != nullptr &&
        nested->qualified_name == std::string(qualified_name) + "." + std::string(name.name);
    add(std::move(path));
    if (is_nested && paths_.back().value->as<Class>() == nested) {
      add_members_of(paths_.size() - 1, members);
    }
  }
}

/// Members that the scope names and that are not public.
void PublicPaths::add_private_members_in_scope(const std::string& class_path, Value* cls,
                                               std::vector<PublicName>& names) const {
  for (const std::string& asked : names_) {
    if (asked.size() <= class_path.size() || !is_under(asked, class_path)) {
      continue;
    }
    const std::string_view rest = std::string_view(asked).substr(class_path.size() + 1);
    const std::string_view member = rest.substr(0, rest.find('.'));
    if (std::ranges::find(names, member, &PublicName::name) != names.end()) {
      continue;
    }
    for (Value* base : interpreter_.mro(cls)) {
      const auto* known = base->as<Class>();
      const Binding* binding = known == nullptr ? nullptr : known->names.find(member);
      if (binding != nullptr && !binding->deleted) {
        names.push_back(
            {binding->name, PublicBy::Scope, binding->definition, binding->alternatives});
        break;
      }
    }
  }
}

void PublicPaths::group() {
  // What a class has from a private base is its own: setting it there leaves the base as it is.
  std::map<std::pair<const Value*, const Value*>, std::size_t> group_by_object;
  group_of_.resize(paths_.size());
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    const PublicPath& path = paths_[i];
    std::size_t group = groups_.size();
    if (has_identity(path.value)) {
      const bool inherited =
          path.is_member && interpreter_.binding(path.owner, path.name.name) == nullptr;
      const std::pair key(static_cast<const Value*>(path.value),
                          inherited ? static_cast<const Value*>(path.owner) : nullptr);
      group = group_by_object.emplace(key, groups_.size()).first->second;
    }
    if (group == groups_.size()) {
      groups_.emplace_back();
    }
    groups_[group].push_back(i);
    group_of_[i] = group;
  }
}

const std::vector<std::size_t>& PublicPaths::same_object(std::size_t position) const {
  return groups_[group_of_[position]];
}

}  // namespace torchdevice::gap

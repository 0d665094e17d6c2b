#include "gap/model/surface/public_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_set>
#include <utility>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

using NameSet = std::unordered_set<std::string_view>;

/// Whether a binding was made by an import: its place is then one imported name or a star import.
bool is_import(const Place& place) {
  if (place.file == nullptr) {
    return false;
  }
  const std::string_view text = place.file->text(place.range);
  return text.starts_with("from ") || text.starts_with("import ") ||
         std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ||
                  c == ' ';
         });
}

/// Whether a definition's own module is another one. What a call made there counts as made here.
bool is_foreign(const Value* value, const Module& module) {
  const Module* home = nullptr;
  std::string_view name;
  if (const auto* function = value->as<Function>()) {
    home = function->module;
    name = function->qualified_name;
  } else if (const auto* cls = value->as<Class>()) {
    home = cls->module;
    name = cls->qualified_name;
  }
  return value->as<Module>() != nullptr || (home != nullptr && home->name != module.name &&
                                            name.find("<locals>") == std::string_view::npos);
}

PublicName as_bound(const Binding& binding, PublicBy by) {
  return {binding.name, by, binding.definition, binding.alternatives};
}

PublicName listed_name(Interpreter& interpreter, Value* module, std::string_view name) {
  const Binding* binding = interpreter.binding(module, name);
  if (binding != nullptr && !binding->deleted) {
    return as_bound(*binding, PublicBy::All);
  }
  return {name, PublicBy::All, {.value = interpreter.attribute(module, name)}, {}};
}

/// A copy: while values are forced, a module may get more names.
std::vector<Binding> bindings_of(const Namespace& names) {
  return {names.bindings().begin(), names.bindings().end()};
}

/// The names that `all` lists; `module` gives them their values.
void add_listed(Interpreter& interpreter, Value* module, const Sequence& all, NameSet& seen,
                std::vector<PublicName>& names, std::vector<UnknownName>& unknown) {
  const auto& of = *module->as<Module>();
  for (Value* item : all.items) {
    const std::string_view* name = item->string();
    if (name == nullptr || !seen.insert(*name).second) {
      continue;
    }
    PublicName listed = listed_name(interpreter, module, *name);
    if (listed.definition.value == nullptr) {
      unknown.push_back({std::string(of.name) + "." + std::string(*name),
                         "listed in __all__, but no source defines it",
                         of.file == nullptr ? "" : of.file->path()});
      continue;
    }
    names.push_back(std::move(listed));
  }
  for (const Namespace::Hole& hole : all.holes) {
    unknown.push_back(
        {std::string(of.name), "__all__ may list more names: " + hole.reason, hole.place.text()});
  }
}

void add_conventional(Interpreter& interpreter, const Module& module, NameSet& seen,
                      std::vector<PublicName>& names) {
  for (const Binding& binding : bindings_of(module.names)) {
    if (binding.deleted || binding.name.starts_with('_') || is_import(binding.definition.place) ||
        seen.contains(binding.name)) {
      continue;
    }
    if (!is_foreign(interpreter.force(binding.definition.value), module)) {
      seen.insert(binding.name);
      names.push_back(as_bound(binding, PublicBy::Convention));
    }
  }
}

/// For a module whose `__all__` is not known in full: the Python functions and classes that a star
/// import gave it are as public as where they come from.
void add_star_imported(Interpreter& interpreter, const Module& module, NameSet& seen,
                       std::vector<PublicName>& names) {
  for (const Binding& binding : bindings_of(module.names)) {
    const Place& place = binding.definition.place;
    if (binding.deleted || binding.name.starts_with('_') || seen.contains(binding.name) ||
        place.file == nullptr || !place.file->text(place.range).starts_with("from ")) {
      continue;
    }
    const Value* value = interpreter.force(binding.definition.value);
    const auto* function = value->as<Function>();
    const auto* cls = value->as<Class>();
    const Place home = function != nullptr ? function->place
                       : cls != nullptr    ? cls->place
                                           : Place{};
    if (home.file != nullptr && !home.file->is_stub()) {
      seen.insert(binding.name);
      names.push_back(as_bound(binding, PublicBy::Convention));
    }
  }
}

/// Special names that say nothing about how an object behaves.
bool is_bookkeeping(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "__module__",  "__doc__",      "__dict__", "__slots__",     "__annotations__",
      "__weakref__", "__qualname__", "__all__",  "__match_args__"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_public_member(Interpreter& interpreter, const Binding& binding) {
  if (binding.deleted) {
    return false;
  }
  if (!binding.name.starts_with('_')) {
    return true;
  }
  if (!is_special_name(binding.name) || is_bookkeeping(binding.name)) {
    return false;
  }
  // Of special names, methods only: `__hash__ = None` and `__constants__` are data.
  const Value* value = interpreter.force(binding.definition.value);
  return value->as<Function>() != nullptr || value->as<Property>() != nullptr ||
         value->as<BoundMethod>() != nullptr || value->as<External>() != nullptr;
}

}  // namespace

bool is_public_path(std::string_view dotted) {
  return !dotted.starts_with('_') && dotted.find("._") == std::string_view::npos;
}

bool is_special_name(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

std::vector<PublicName> public_names(Interpreter& interpreter, Value* module,
                                     std::vector<UnknownName>& unknown) {
  std::vector<PublicName> names;
  NameSet seen;
  const Sequence* all = interpreter.all(module);
  const auto& of = *module->as<Module>();
  if (all != nullptr) {
    add_listed(interpreter, module, *all, seen, names, unknown);
    if (!all->complete) {
      add_star_imported(interpreter, of, seen, names);
    }
    return names;
  }
  if (of.stub != nullptr) {
    Value* stub = interpreter.import_stub(of.name);
    const Sequence* in_stub = stub == nullptr ? nullptr : interpreter.all(stub);
    if (in_stub != nullptr) {
      add_listed(interpreter, module, *in_stub, seen, names, unknown);
    }
  }
  add_conventional(interpreter, of, seen, names);
  for (const Namespace::Hole& hole : of.names.holes) {
    unknown.push_back(
        {std::string(of.name), "may have more names: " + hole.reason, hole.place.text()});
  }
  return names;
}

std::vector<PublicName> public_members(Interpreter& interpreter, Value* cls,
                                       const std::function<bool(const Value*)>& is_public) {
  std::vector<PublicName> members;
  NameSet seen;
  std::unordered_set<const Value*> listed_elsewhere;
  for (Value* base : interpreter.mro(cls)) {
    const auto* known = base->as<Class>();
    if (known == nullptr) {
      continue;
    }
    if (base != cls && is_public(base)) {
      const std::vector<Value*> order = interpreter.mro(base);
      listed_elsewhere.insert(order.begin(), order.end());
    }
    for (const Binding& binding : bindings_of(known->names)) {
      if (!seen.insert(binding.name).second || listed_elsewhere.contains(base) ||
          !is_public_member(interpreter, binding)) {
        continue;
      }
      members.push_back(as_bound(binding, PublicBy::Member));
    }
  }
  return members;
}

}  // namespace torchdevice::gap

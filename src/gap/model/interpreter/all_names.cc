#include <algorithm>
#include <cctype>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

bool begins_with_change(std::string_view text) {
  constexpr std::string_view kChanges[] = {".append(", ".extend(", ".insert(", ".remove(", " +="};
  return std::ranges::any_of(kChanges,
                             [&](std::string_view change) { return text.starts_with(change); });
}

/// Whether the function's text changes an `__all__`, itself or by another name: `x = m.__all__`.
bool changes_all(std::string_view body) {
  constexpr std::string_view kAll = "__all__";
  for (std::size_t at = body.find(kAll); at != std::string_view::npos;
       at = body.find(kAll, at + 1)) {
    if (begins_with_change(body.substr(at + kAll.size()))) return true;
    const std::size_t line = body.rfind('\n', at) + 1;  // npos + 1 is 0
    std::string_view name = body.substr(line, at - line);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find(" = "));
    if (name.empty() || name.size() == body.substr(line, at - line).size()) continue;
    for (std::size_t use = body.find(name); use != std::string_view::npos;
         use = body.find(name, use + 1)) {
      if (begins_with_change(body.substr(use + name.size()))) return true;
    }
  }
  return false;
}

/// How often the text uses the function: calls it, or decorates with it.
std::size_t uses_of(std::string_view function, std::string_view text) {
  std::size_t uses = 0;
  for (std::size_t at = text.find(function); at != std::string_view::npos;
       at = text.find(function, at + 1)) {
    const std::string_view before = text.substr(0, at);
    const char after = at + function.size() < text.size() ? text[at + function.size()] : '\n';
    const char last = before.empty() ? '\n' : before.back();
    const bool whole =
        last != '_' && last != '.' && std::isalnum(static_cast<unsigned char>(last)) == 0;
    if (whole && !before.ends_with("def ") && (after == '(' || last == '@')) ++uses;
  }
  return uses;
}

}  // namespace

void Machine::leave_unfollowed_additions_open(const Module& module, Sequence& names) {
  if (module.file == nullptr || module.subject) return;
  for (const Stmt& statement : module.file->statements()) {
    const auto* definition = std::get_if<FunctionDef>(&statement.node);
    if (definition == nullptr || !changes_all(module.file->text(definition->body_range))) continue;
    if (additions_[definition] >= uses_of(definition->name, module.file->text())) continue;
    names.complete = false;
    const Place place{module.file, statement.range};
    const auto is_here = [&](const Namespace::Hole& hole) {
      return hole.place.file == place.file && hole.place.range.begin == place.range.begin;
    };
    if (std::ranges::any_of(names.holes, is_here)) continue;
    names.holes.push_back(
        {std::string(definition->name) + "() adds names where it is not followed", place});
  }
}

std::size_t Machine::listed(const Module& module) const {
  const Binding* all = module.names.find("__all__");
  const auto* names = all == nullptr ? nullptr : all->definition.value->as<Sequence>();
  return names == nullptr ? 0 : names->items.size();
}

const Sequence* Machine::all_names(Value* module) {
  module = force(module);
  Value* value = nullptr;
  bool open = false;
  if (module->as<Module>() != nullptr) {
    execute_module(module);
    const Binding* binding = module->as<Module>()->names.find("__all__");
    if (binding == nullptr || binding->deleted) return nullptr;
    value = force(binding->definition.value);
    open = !binding->alternatives.empty();
  } else {
    value = attribute(module, "__all__", {}, true);
    if (value == nullptr) return nullptr;
    value = force(value);
    if (value->as<Unknown>() != nullptr) return nullptr;
  }
  auto* names = value->as<Sequence>();
  if (names == nullptr) {
    value = make(iterate(value, {}));
    names = value->as<Sequence>();
  }
  for (Value*& item : names->items) item = force(item);
  if (const auto* owner = module->as<Module>()) leave_unfollowed_additions_open(*owner, *names);
  if (open && names->complete) {
    names->complete = false;
    names->holes.push_back({"it is another list under other conditions", {}});
  }
  return names;
}

Value* Machine::resolve(std::string_view dotted) {
  const std::string_view top = dotted.substr(0, dotted.find('.'));
  Value* value = import_module(top, false);
  for (std::size_t at = top.size(); value != nullptr && at < dotted.size();) {
    const std::size_t end = dotted.find('.', at + 1);
    value = attribute(value, dotted.substr(at + 1, end - at - 1), {}, false);
    if (value != nullptr) value = force(value);
    at = std::min(end, dotted.size());
  }
  return value;
}

}  // namespace torchdevice::gap

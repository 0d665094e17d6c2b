#include <algorithm>
#include <string>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

const PythonFile* home_of(const Value* owner) {
  if (const auto* module = owner->as<Module>()) return module->file;
  if (const auto* cls = owner->as<Class>()) return cls->place.file;
  return nullptr;
}

/// Whether two values are the same object; bound methods are made anew at each access.
bool same_object(const Value* a, const Value* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return false;
  const auto* first = a->as<BoundMethod>();
  const auto* second = b->as<BoundMethod>();
  return (first != nullptr ? first->function : a) == (second != nullptr ? second->function : b);
}

/// Whether two values are the same object, or were made by the same text.
bool same_text(const Value* a, const Value* b) {
  if (same_object(a, b)) return true;
  if (a == nullptr || b == nullptr || a->data.index() != b->data.index()) return false;
  if (const auto* function = a->as<Function>()) {
    const auto* other = b->as<Function>();
    return function->place.file == other->place.file &&
           function->place.range.begin == other->place.range.begin &&
           function->wrapped == other->wrapped;
  }
  if (const auto* instance = a->as<Instance>()) {
    return instance->type == b->as<Instance>()->type &&
           instance->place.range.begin == b->as<Instance>()->place.range.begin;
  }
  const auto* constant = a->as<Constant>();
  return constant != nullptr && constant->kind == b->as<Constant>()->kind &&
         constant->text == b->as<Constant>()->text;
}

/// A loop or another call that does the same again.
bool repeats(const Store& store, const Store& earlier) {
  return store.place.file == earlier.place.file &&
         store.place.range.begin == earlier.place.range.begin && store.owner == earlier.owner &&
         store.name == earlier.name && store.kind == earlier.kind &&
         same_text(store.value, earlier.value);
}

bool is_foreign_or_unknown(const Machine& machine, const Value* owner) {
  return owner->as<Unknown>() != nullptr || !machine.owns(owner);
}

void set_function_attribute(Machine& machine, Function& function, std::string_view name,
                            Value* value) {
  if (name == "__wrapped__") function.wrapped = machine.force(value);
}

}  // namespace

bool Machine::owns(const Value* owner) const {
  if (const auto* module = owner->as<Module>()) return module->subject;
  if (const auto* cls = owner->as<Class>()) return cls->module->subject;
  if (const auto* function = owner->as<Function>()) return function->module->subject;
  if (const auto* instance = owner->as<Instance>()) {
    return subject_files.contains(instance->place.file);
  }
  return owner->as<External>() == nullptr;
}

Value* Machine::patched(const Value* owner, std::string_view name) const {
  const auto at = patches_.find({owner, name});
  return at == patches_.end() ? nullptr : at->second;
}

void Machine::forget_patch(const Value* owner, std::string_view name) {
  patches_.erase({owner, name});
}

void Machine::record(Store store) {
  ++foreign_stores;
  store.condition = current_condition;
  store.calls = call_places;
  store.function = call_stack.empty() ? nullptr : call_stack.back();
  store.reached = !entered_unreached;
  if (store.kind != StoreKind::SysModules && !store.name.empty()) {
    const Temporarily subject(in_subject, false);
    const Temporarily ambiguity(ambiguous, false);
    store.before = attribute(store.owner, store.name, store.place, false);
    if (store.before != nullptr) store.before = force(store.before);
  }
  if (store.value != nullptr) store.value = force(store.value);
  Value* held = store.before;
  if (!store.name.empty()) {
    if (Value* patch = patched(store.owner, store.name)) held = patch;
    // What puts back what the name stood for ends what was done since.
    for (std::size_t i = entry_begin; i < stores.size(); ++i) {
      Store& earlier = stores[i];
      if (earlier.owner != store.owner || earlier.name != store.name || earlier.temporary ||
          !same_object(store.value, held_before_[i])) {
        continue;
      }
      earlier.temporary = true;
      store.temporary = true;
    }
    const std::pair<const Value*, std::string_view> key(store.owner, store.name);
    if (store.value == nullptr || same_object(store.value, store.before)) {
      patches_.erase(key);
    } else {
      patches_[key] = store.value;
    }
  }
  const auto earlier = std::find_if(stores.rbegin(), stores.rend(),
                                    [&](const Store& one) { return repeats(store, one); });
  if (earlier != stores.rend()) {
    // Whichever way it is reached without a test is how it happens.
    if (store.condition == nullptr) earlier->condition = nullptr;
    earlier->reached |= store.reached;
    return;
  }
  stores.push_back(std::move(store));
  held_before_.push_back(held);
}

void Machine::set_attribute(StoreKind kind, Value* owner, Value* name, Value* value, Place place) {
  owner = force(owner);
  name = force(name);
  if (in_subject && is_foreign_or_unknown(*this, owner)) ++store_attempts;
  if (name->string() != nullptr) {
    set_attribute(kind, owner, intern(*name->string()), value, place);
    return;
  }
  if (in_subject && !owns(owner)) {
    record({.kind = kind,
            .owner = owner,
            .name = {},
            .value = value,
            .place = place,
            .unknown = why_unknown(name)});
  } else if (Namespace* names = namespace_of(owner)) {
    names->add_hole("a name is set that is not known: " + std::string(why_unknown(name)), place);
  }
}

void Machine::set_attribute(StoreKind kind, Value* owner, std::string_view name, Value* value,
                            Place place) {
  owner = force(owner);
  if (in_subject && is_foreign_or_unknown(*this, owner)) ++store_attempts;
  if (in_subject && !owns(owner)) {
    const bool replaces_class = name == "__class__" || name == "__bases__";
    const auto* external = owner->as<External>();
    const bool hooks = external != nullptr && external->path == "builtins" && name == "__import__";
    record({.kind = replaces_class ? StoreKind::ClassReplacement
                    : hooks        ? StoreKind::ImportHook
                                   : kind,
            .owner = owner,
            .name = name,
            .value = value,
            .place = place});
    return;
  }
  if (auto* function = owner->as<Function>()) {
    set_function_attribute(*this, *function, name, value);
    return;
  }
  Namespace* names = namespace_of(owner);
  if (names == nullptr || name == "__class__" || name == "__doc__" || name == "__module__" ||
      name == "__name__" || name == "__qualname__") {
    return;
  }
  // What a module of a library puts into another one is there only once it was imported: the name
  // that was there before stays what it was.
  const PythonFile* home = home_of(owner);
  if (!in_subject && home != nullptr && home != place.file) {
    const Binding* before = names->find(name);
    if (before != nullptr && !before->deleted) return;
  }
  names->bind(name, {value, place, current_condition});
}

void Machine::delete_attribute(Value* owner, Value* name, Place place) {
  owner = force(owner);
  name = force(name);
  if (in_subject && is_foreign_or_unknown(*this, owner)) ++store_attempts;
  if (in_subject && !owns(owner)) {
    record({.kind = StoreKind::Delete,
            .owner = owner,
            .name = name->string() == nullptr ? std::string_view() : intern(*name->string()),
            .place = place,
            .unknown = name->string() == nullptr ? why_unknown(name) : std::string_view()});
    return;
  }
  Namespace* names = namespace_of(owner);
  if (names != nullptr && name->string() != nullptr) {
    names->remove(*name->string(), current_condition);
  }
}

void Machine::set_sys_module(Value* name, Value* value, Place place) {
  name = force(name);
  value = value == nullptr ? nullptr : force(value);
  const std::string_view* dotted = name->string();
  ModuleEntry* entry = dotted == nullptr ? nullptr : table.find(*dotted);
  const bool own =
      entry != nullptr && (in_subject ? entry->subject : entry->file.get() == place.file);
  if (own) {
    entry->swapped = value;
    return;
  }
  if (!in_subject) return;
  ++store_attempts;
  Value* before = entry == nullptr ? nullptr : module_value(*entry);
  record({.kind = StoreKind::SysModules,
          .owner = external("sys.modules"),
          .name = dotted == nullptr ? std::string_view() : intern(*dotted),
          .value = value,
          .before = before,
          .place = place,
          .unknown = dotted == nullptr ? why_unknown(name) : std::string_view()});
}

}  // namespace torchdevice::gap

#include <algorithm>
#include <string>

#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/numbers.h"

namespace torchdevice::gap {
namespace {

bool is_named(const Value* value, std::string_view path) {
  const auto* external = value->as<External>();
  return external != nullptr && external->path == path;
}

bool is_namespace_view(const Value* value) {
  const auto* method = value->as<BoundMethod>();
  return method != nullptr && is_named(method->function, "namespace");
}

/// `text[a:b:c]` or `items[a:b:c]` as positions; false where a bound is not known.
bool slice_positions(Machine& machine, const Expr& slice, Frame& frame, std::int64_t size,
                     std::vector<std::size_t>& positions) {
  std::optional<std::int64_t> bounds[3];
  for (std::size_t i = 0; i < 3 && i < slice.items.size(); ++i) {
    if (slice.items[i] == nullptr) continue;
    bounds[i] = integer(machine.evaluate_forced(*slice.items[i], frame));
    if (!bounds[i]) return false;
  }
  const std::int64_t step = bounds[2].value_or(1);
  if (step == 0) return false;
  const auto clamp = [&](std::int64_t at, std::int64_t low, std::int64_t high) {
    return std::clamp(at < 0 ? at + size : at, low, high);
  };
  if (step > 0) {
    const std::int64_t end = clamp(bounds[1].value_or(size), 0, size);
    for (std::int64_t i = clamp(bounds[0].value_or(0), 0, size); i < end; i += step) {
      positions.push_back(static_cast<std::size_t>(i));
    }
  } else {
    const std::int64_t end = bounds[1] ? clamp(*bounds[1], -1, size - 1) : -1;
    for (std::int64_t i = clamp(bounds[0].value_or(size - 1), -1, size - 1); i > end; i += step) {
      positions.push_back(static_cast<std::size_t>(i));
    }
  }
  return true;
}

Value* alias_of(Machine& machine, Value* origin, Place place) {
  Value* alias = machine.make(
      Instance{.type = machine.external("types.GenericAlias"), .names = {}, .place = place});
  alias->as<Instance>()->names.bind("__origin__", {origin, place, nullptr});
  return alias;
}

}  // namespace

Value* Machine::dict_get(Dict& dict, Value* key) {
  key = force(key);
  if (key->as<Unknown>() != nullptr) return nullptr;
  for (auto at = dict.items.rbegin(); at != dict.items.rend(); ++at) {
    if (equal(force(at->first), key) == Truth::True) return at->second;
  }
  return nullptr;
}

void Machine::dict_set(Dict& dict, Value* key, Value* value) {
  const std::string_view* name = key->string();
  for (auto& [known, held] : dict.items) {
    const std::string_view* other = known->string();
    if (name != nullptr && other != nullptr ? *name == *other : known == key) {
      held = value;
      return;
    }
  }
  dict.items.emplace_back(key, value);
}

Value* Machine::subscript(Value* owner, std::span<const Expr* const> subscripts, Frame& frame,
                          Place place) {
  owner = force(owner);
  if (subscripts.size() == 1 && subscripts[0]->kind == ExprKind::Slice) {
    std::vector<std::size_t> positions;
    if (const std::string_view* text = owner->string()) {
      const auto size = static_cast<std::int64_t>(text->size());
      if (!slice_positions(*this, *subscripts[0], frame, size, positions)) {
        return unknown("a part of a string", place);
      }
      std::string part;
      for (const std::size_t i : positions) part += (*text)[i];
      return string(part);
    }
    if (const auto* sequence = owner->as<Sequence>(); sequence && sequence->complete) {
      const auto size = static_cast<std::int64_t>(sequence->items.size());
      if (!slice_positions(*this, *subscripts[0], frame, size, positions)) {
        return unknown("a part of a list", place);
      }
      std::vector<Value*> part;
      for (const std::size_t i : positions) part.push_back(sequence->items[i]);
      return list(std::move(part), sequence->kind);
    }
    return owner->as<Unknown>() != nullptr ? owner : unknown("a part of what is not known", place);
  }
  // What a type is parametrised with is no question here.
  if (owner->as<Class>() != nullptr ||
      (owner->as<External>() != nullptr && !is_named(owner, "sys.modules") &&
       !is_named(owner, "os.environ"))) {
    return alias_of(*this, owner, place);
  }
  if (subscripts.size() == 1) return item(owner, evaluate_forced(*subscripts[0], frame), place);
  std::vector<Value*> key;
  for (const Expr* part : subscripts) {
    key.push_back(part->kind == ExprKind::Slice ? unknown("a slice", place)
                                                : evaluate(*part, frame));
  }
  return item(owner, list(std::move(key), Sequence::Kind::Tuple), place);
}

Value* Machine::item(Value* owner, Value* key, Place place) {
  owner = force(owner);
  key = force(key);
  if (const auto* sequence = owner->as<Sequence>()) {
    const auto index = integer(key);
    if (!index) return unknown("an item at a place that is not known", place);
    const auto size = static_cast<std::int64_t>(sequence->items.size());
    const std::int64_t at = *index < 0 ? *index + size : *index;
    if ((*index < 0 && !sequence->complete) || at < 0 || at >= size) {
      return unknown("an item beyond what is known of a list", place);
    }
    return lazy ? sequence->items[at] : force(sequence->items[at]);
  }
  if (auto* dict = owner->as<Dict>()) {
    if (Value* value = dict_get(*dict, key)) return lazy ? value : force(value);
    return unknown(
        key->as<Unknown>() != nullptr
            ? "an item of a dict by a key that is not known: " + std::string(why_unknown(key))
            : "a key that the dict is not known to have",
        place);
  }
  if (const std::string_view* text = owner->string()) {
    const auto index = integer(key);
    const auto size = static_cast<std::int64_t>(text->size());
    if (index && *index >= -size && *index < size) {
      return string(text->substr(static_cast<std::size_t>(*index < 0 ? *index + size : *index), 1));
    }
    return unknown("a character of a string", place);
  }
  if (is_namespace_view(owner)) {
    const std::string_view* name = key->string();
    if (name == nullptr) return unknown(why_unknown(key), place);
    return attribute_or_unknown(owner->as<BoundMethod>()->self, *name, place);
  }
  if (is_named(owner, "sys.modules")) {
    if (const std::string_view* name = key->string()) {
      ModuleEntry* entry = table.find(*name);
      if (entry == nullptr) return external(*name);
      return entry->swapped != nullptr ? entry->swapped : module_value(*entry);
    }
    return unknown(why_unknown(key), place);
  }
  if (const auto* instance = owner->as<Instance>()) {
    if (instance->names.find("__origin__") != nullptr) return owner;
    Value* type = force(instance->type);
    if (const Binding* getter = find_in_class(type, "__getitem__")) {
      Value* function = force(getter->definition.value);
      Arguments arguments{.positional = {owner, key}};
      if (function->as<Function>() != nullptr) {
        Value* value = call_function(function, std::move(arguments), place);
        if (value != nullptr) return value;
      }
    }
  }
  if (owner->as<Unknown>() != nullptr) return owner;
  return unknown("an item of " + std::string(why_unknown(owner)), place);
}

void Machine::set_item(Value* owner, Value* key, Value* value, Place place) {
  owner = force(owner);
  key = force(key);
  if (auto* dict = owner->as<Dict>()) {
    if (key->as<Unknown>() != nullptr) {
      dict->complete = false;
      dict->holes.push_back({std::string(why_unknown(key)), place});
    } else {
      dict_set(*dict, key, value);
    }
  } else if (auto* sequence = owner->as<Sequence>()) {
    const auto index = integer(key);
    const auto size = static_cast<std::int64_t>(sequence->items.size());
    if (index && *index >= -size && *index < size) {
      sequence->items[static_cast<std::size_t>(*index < 0 ? *index + size : *index)] = value;
    }
  } else if (is_namespace_view(owner)) {
    set_attribute(StoreKind::Setattr, owner->as<BoundMethod>()->self, key, value, place);
  } else if (is_named(owner, "sys.modules")) {
    set_sys_module(key, value, place);
  }
}

void Machine::delete_item(Value* owner, Value* key, Place place) {
  owner = force(owner);
  key = force(key);
  if (auto* dict = owner->as<Dict>()) {
    std::erase_if(dict->items,
                  [&](const auto& item) { return equal(force(item.first), key) == Truth::True; });
  } else if (is_namespace_view(owner)) {
    delete_attribute(owner->as<BoundMethod>()->self, key, place);
  } else if (is_named(owner, "sys.modules")) {
    set_sys_module(key, nullptr, place);
  }
}

}  // namespace torchdevice::gap

#include <algorithm>
#include <string>
#include <unordered_map>

#include "gap/model/interpreter/numbers.h"
#include "gap/model/interpreter/standard_library.h"

namespace torchdevice::gap {
namespace {

Sequence& self_list(BuiltinCall& call) { return *call.self->as<Sequence>(); }

/// A name that is only there under a condition, or is not known, leaves the list open.
Value* append(Machine& machine, BuiltinCall& call) {
  Value* item = argument(machine, call, 0);
  if (item == nullptr) return machine.none();
  Sequence one{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  if (item->as<Unknown>() != nullptr && !call.frame.module->subject) {
    one.complete = false;
    one.holes.push_back({std::string(machine.why_unknown(item)), call.place});
  } else {
    one.items.push_back(item);
  }
  machine.extend(self_list(call), one, call.frame.condition, call.place);
  return machine.none();
}

Value* extend(Machine& machine, BuiltinCall& call) {
  if (Value* items = argument(machine, call, 0)) {
    machine.extend(self_list(call), machine.iterate(items, call.place), call.frame.condition,
                   call.place);
  }
  return machine.none();
}

Value* insert(Machine& machine, BuiltinCall& call) {
  Value* item = argument(machine, call, 1);
  if (item == nullptr) return machine.none();
  Sequence& list = self_list(call);
  const auto at = integer(argument(machine, call, 0)).value_or(0);
  const auto size = static_cast<std::int64_t>(list.items.size());
  list.items.insert(list.items.begin() + std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size),
                    item);
  return machine.none();
}

Value* remove(Machine& machine, BuiltinCall& call) {
  Value* item = argument(machine, call, 0);
  if (item == nullptr) return machine.none();
  auto& items = self_list(call).items;
  const auto at = std::find_if(items.begin(), items.end(), [&](Value* one) {
    return machine.equal(machine.force(one), item) == Truth::True;
  });
  if (at != items.end()) items.erase(at);
  return machine.none();
}

Value* pop_item(Machine& machine, BuiltinCall& call) {
  Sequence& list = self_list(call);
  Value* index = argument(machine, call, 0);
  const auto at = index == nullptr ? std::optional<std::int64_t>(-1) : integer(index);
  const auto size = static_cast<std::int64_t>(list.items.size());
  const std::int64_t position = at ? (*at < 0 ? *at + size : *at) : -1;
  if (position < 0 || position >= size) return machine.unknown("an item of a list", call.place);
  Value* item = list.items[static_cast<std::size_t>(position)];
  list.items.erase(list.items.begin() + position);
  return item;
}

Value* clear_list(Machine& machine, BuiltinCall& call) {
  self_list(call).items.clear();
  return machine.none();
}

Value* copy(Machine& machine, BuiltinCall& call) {
  if (const auto* dict = call.self->as<Dict>()) return machine.make(Dict(*dict));
  return machine.make(Sequence(self_list(call)));
}

Value* reverse(Machine& machine, BuiltinCall& call) {
  std::reverse(self_list(call).items.begin(), self_list(call).items.end());
  return machine.none();
}

Value* index_of(Machine& machine, BuiltinCall& call) {
  Value* item = argument(machine, call, 0);
  const auto& items = self_list(call).items;
  for (std::size_t i = 0; item != nullptr && i < items.size(); ++i) {
    const Truth same = machine.equal(machine.force(items[i]), item);
    if (same == Truth::True) return machine.number(static_cast<std::int64_t>(i));
    if (same == Truth::Undecided) break;
  }
  return machine.unknown("a position in a list", call.place);
}

Value* add(Machine& machine, BuiltinCall& call) {
  Value* item = argument(machine, call, 0);
  if (item != nullptr && machine.contains(call.self, item) != Truth::True) append(machine, call);
  return machine.none();
}

template <char op>
Value* set_algebra(Machine& machine, BuiltinCall& call) {
  Value* other = argument(machine, call, 0);
  if (other == nullptr) return machine.make(Sequence(self_list(call)));
  Sequence right = machine.iterate(other, call.place);
  right.kind = Sequence::Kind::Set;
  const char name[] = {op, 0};
  return machine.binary(name, call.self, machine.make(std::move(right)), call.place);
}

// --- dict and namespace views
// ---------------------------------------------------------------------

/// The items of a dict, or of the namespace that a view stands for.
Dict items_of(Machine& machine, BuiltinCall& call) {
  if (const auto* dict = call.self->as<Dict>()) return *dict;
  Dict dict;
  const auto* view = call.self->as<BoundMethod>();
  Value* owner = machine.force(view->self);
  if (owner->as<Module>() != nullptr) machine.execute_module(owner);
  const Namespace* names = machine.namespace_of(owner);
  if (names == nullptr) {
    dict.complete = false;
    dict.holes.push_back({std::string(machine.why_unknown(owner)), call.place});
    return dict;
  }
  for (const Binding& binding : names->bindings()) {
    if (binding.deleted) continue;
    dict.items.emplace_back(machine.text(binding.name), binding.definition.value);
  }
  dict.complete = names->holes.empty();
  dict.holes = names->holes;
  return dict;
}

enum class Part { Keys, Values, Items };

template <Part part>
Value* view(Machine& machine, BuiltinCall& call) {
  const Dict dict = items_of(machine, call);
  Sequence sequence{
      .kind = Sequence::Kind::List, .items = {}, .complete = dict.complete, .holes = dict.holes};
  for (const auto& [key, value] : dict.items) {
    sequence.items.push_back(part == Part::Keys ? key
                             : part == Part::Values
                                 ? value
                                 : machine.list({key, value}, Sequence::Kind::Tuple));
  }
  return machine.make(std::move(sequence));
}

Value* get(Machine& machine, BuiltinCall& call) {
  Value* key = argument(machine, call, 0);
  if (key == nullptr) return machine.unknown("get()", call.place);
  Value* fallback = call.arguments.get(1, "default");
  if (fallback == nullptr) fallback = machine.none();
  if (auto* dict = call.self->as<Dict>()) {
    if (Value* value = machine.dict_get(*dict, key)) return value;
    if (dict->complete && key->as<Unknown>() == nullptr) return fallback;
    machine.ambiguous = true;
    return key->as<Unknown>() != nullptr ? key : fallback;
  }
  const std::string_view* name = key->string();
  if (name == nullptr) return key;
  const Truth there = machine.contains(call.self, key);
  if (there == Truth::False) return fallback;
  if (there == Truth::Undecided) machine.ambiguous = true;
  return machine.item(call.self, key, call.place);
}

Value* pop_key(Machine& machine, BuiltinCall& call) {
  Value* value = get(machine, call);
  if (Value* key = argument(machine, call, 0)) machine.delete_item(call.self, key, call.place);
  return value;
}

Value* set_default(Machine& machine, BuiltinCall& call) {
  Value* key = argument(machine, call, 0);
  if (key == nullptr || machine.contains(call.self, key) == Truth::True) return get(machine, call);
  Value* value = call.arguments.get(1, "default");
  if (value == nullptr) value = machine.none();
  machine.set_item(call.self, key, value, call.place);
  return value;
}

Value* update(Machine& machine, BuiltinCall& call) {
  if (Value* other = argument(machine, call, 0)) {
    if (const auto* dict = other->as<Dict>()) {
      for (const auto& [key, value] : Dict(*dict).items) {
        machine.set_item(call.self, key, value, call.place);
      }
      if (!dict->complete) {
        machine.set_item(call.self, machine.unknown("keys that only a run knows", call.place),
                         machine.unknown("a value that only a run knows", call.place), call.place);
      }
    } else if (call.self->as<Sequence>() != nullptr) {
      for (Value* item : machine.iterate(other, call.place).items) {
        Arguments one{.positional = {item}};
        BuiltinCall inner{call.self, one, call.frame, call.place};
        add(machine, inner);
      }
    } else {
      const Sequence pairs = machine.iterate(other, call.place);
      for (Value* pair : pairs.items) {
        const Sequence two = machine.iterate(pair, call.place);
        if (two.items.size() == 2) {
          machine.set_item(call.self, two.items[0], two.items[1], call.place);
        }
      }
      if (!pairs.complete) {
        machine.set_item(call.self, machine.unknown(machine.why_unknown(other), call.place),
                         machine.unknown("a value that only a run knows", call.place), call.place);
      }
    }
  }
  for (const auto& [name, value] : call.arguments.keywords) {
    machine.set_item(call.self, machine.string(name), value, call.place);
  }
  return machine.none();
}

}  // namespace

Builtin find_container_method(std::string_view path) {
  static const std::unordered_map<std::string_view, Builtin> kMethods = {
      {"list.append", append},
      {"list.clear", clear_list},
      {"list.copy", copy},
      {"list.extend", extend},
      {"list.index", index_of},
      {"list.insert", insert},
      {"list.pop", pop_item},
      {"list.remove", remove},
      {"list.reverse", reverse},
      {"tuple.index", index_of},
      {"set.add", add},
      {"set.copy", copy},
      {"set.difference", set_algebra<'-'>},
      {"set.discard", remove},
      {"set.intersection", set_algebra<'&'>},
      {"set.remove", remove},
      {"set.union", set_algebra<'|'>},
      {"set.update", update},
      {"dict.copy", copy},
      {"dict.get", get},
      {"dict.items", view<Part::Items>},
      {"dict.keys", view<Part::Keys>},
      {"dict.pop", pop_key},
      {"dict.setdefault", set_default},
      {"dict.update", update},
      {"dict.values", view<Part::Values>},
      {"namespace.get", get},
      {"namespace.items", view<Part::Items>},
      {"namespace.keys", view<Part::Keys>},
      {"namespace.pop", pop_key},
      {"namespace.setdefault", set_default},
      {"namespace.update", update},
      {"namespace.values", view<Part::Values>},
  };
  const auto at = kMethods.find(path);
  return at == kMethods.end() ? nullptr : at->second;
}

}  // namespace torchdevice::gap

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "gap/model/dotted_name.h"
#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/standard_library.h"
#include "gap/model/interpreter/version_order.h"

namespace torchdevice::gap {
namespace {

Value* sequence_of(Machine& machine, BuiltinCall& call, Sequence::Kind kind) {
  Sequence items{.kind = kind, .items = {}, .complete = true, .holes = {}};
  if (Value* source = argument(machine, call, 0)) items = machine.iterate(source, call.place);
  items.kind = kind;
  return machine.make(std::move(items));
}
Value* make_list(Machine& machine, BuiltinCall& call) {
  return sequence_of(machine, call, Sequence::Kind::List);
}
Value* make_tuple(Machine& machine, BuiltinCall& call) {
  return sequence_of(machine, call, Sequence::Kind::Tuple);
}
Value* make_set(Machine& machine, BuiltinCall& call) {
  return sequence_of(machine, call, Sequence::Kind::Set);
}

Value* make_dict(Machine& machine, BuiltinCall& call) {
  Value* value = machine.make(Dict{});
  auto& dict = *value->as<Dict>();
  if (Value* source = argument(machine, call, 0)) {
    if (const auto* other = source->as<Dict>()) {
      dict = *other;
    } else {
      const Sequence pairs = machine.iterate(source, call.place);
      dict.complete = pairs.complete;
      dict.holes = pairs.holes;
      for (Value* pair : pairs.items) {
        const Sequence two = machine.iterate(pair, call.place);
        if (two.items.size() == 2)
          machine.dict_set(dict, machine.force(two.items[0]), two.items[1]);
      }
    }
  }
  for (const auto& [name, item] : call.arguments.keywords) {
    machine.dict_set(dict, machine.string(name), item);
  }
  dict.complete &= !call.arguments.more_keywords;
  return value;
}

Value* length(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  if (value == nullptr) return machine.unknown("len()", call.place);
  if (const std::string_view* text = value->string()) {
    return machine.number(static_cast<std::int64_t>(text->size()));
  }
  const Sequence items = machine.iterate(value, call.place);
  if (!items.complete) return machine.unknown("the length of what is not known", call.place);
  return machine.number(static_cast<std::int64_t>(items.items.size()));
}

Value* get_attribute(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  Value* name = argument(machine, call, 1);
  if (owner == nullptr || name == nullptr) return machine.unknown("getattr()", call.place);
  if (name->string() == nullptr) {
    return machine.unknown(
        "an attribute by a name that is not known: " + std::string(machine.why_unknown(name)),
        call.place);
  }
  Value* fallback = argument(machine, call, 2);
  Value* value = machine.attribute(owner, *name->string(), call.place, true);
  if (fallback == nullptr) {
    return value != nullptr
               ? value
               : machine.unknown("there is no attribute " + std::string(*name->string()),
                                 call.place);
  }
  if (value == nullptr) return fallback;
  value = machine.force(value);
  if (value->as<Unknown>() != nullptr) {
    machine.ambiguous = true;
    return owner->as<Unknown>() != nullptr ? value : fallback;
  }
  const Truth there = machine.has_attribute(owner, *name->string(), call.place);
  if (there == Truth::Undecided) machine.ambiguous = true;
  return value;
}

Value* has_attribute(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  Value* name = argument(machine, call, 1);
  if (owner == nullptr || name == nullptr || name->string() == nullptr) {
    return machine.unknown("hasattr of what is not known", call.place);
  }
  return machine.boolean(machine.has_attribute(owner, *name->string(), call.place), call.place);
}

Value* set_attribute(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  Value* name = argument(machine, call, 1);
  if (owner != nullptr && name != nullptr && call.arguments.positional.size() > 2) {
    machine.set_attribute(StoreKind::Setattr, owner, name, call.arguments.positional[2],
                          call.place);
  }
  return machine.none();
}

Value* delete_attribute(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  Value* name = argument(machine, call, 1);
  if (owner != nullptr && name != nullptr) machine.delete_attribute(owner, name, call.place);
  return machine.none();
}

Value* namespace_view(Machine& machine, Value* owner) {
  return machine.make(BoundMethod{owner, machine.external("namespace")});
}

Value* globals(Machine& machine, BuiltinCall& call) {
  return namespace_view(machine, call.frame.module_value);
}

Value* locals(Machine& machine, BuiltinCall& call) {
  if (Value* owner = argument(machine, call, 0)) return namespace_view(machine, owner);
  if (call.frame.kind == Frame::Kind::Module) {
    return namespace_view(machine, call.frame.module_value);
  }
  if (call.frame.kind == Frame::Kind::Class) return namespace_view(machine, call.frame.object);
  Value* value = machine.make(Dict{});
  for (const Binding& binding : call.frame.names->bindings()) {
    value->as<Dict>()->items.emplace_back(machine.string(binding.name), binding.definition.value);
  }
  return value;
}

Value* directory(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  if (owner == nullptr) {
    owner = call.frame.kind == Frame::Kind::Class ? call.frame.object : call.frame.module_value;
  }
  return machine.make(machine.names_of(owner, call.place));
}

Value* is_instance(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  Value* type = argument(machine, call, 1);
  if (value == nullptr || type == nullptr || value->as<Unknown>() || value->as<External>()) {
    return machine.unknown("the type of what is not known", call.place);
  }
  Value* own = machine.type_of(value);
  if (own->as<Unknown>() != nullptr) return own;
  Truth truth = machine.is_subclass(own, type);
  const std::string_view path = machine.defined_as(type);
  const std::string_view own_path = machine.defined_as(own);
  if (own_path.starts_with("types.") && path.starts_with("types.") && own_path != path) {
    truth = Truth::False;
  } else if (value->as<Class>() != nullptr && path == "builtins.type") {
    truth = Truth::True;
  } else if (path == "builtins.property" || path == "builtins.str" || path == "builtins.list" ||
             path == "builtins.tuple" || path == "builtins.dict" || path == "types.ModuleType") {
    if (truth == Truth::Undecided && value->as<Instance>() == nullptr) truth = Truth::False;
  }
  return machine.boolean(truth, call.place);
}

Value* is_subclass(Machine& machine, BuiltinCall& call) {
  Value* cls = argument(machine, call, 0);
  Value* base = argument(machine, call, 1);
  if (cls == nullptr || base == nullptr) return machine.unknown("issubclass()", call.place);
  return machine.boolean(machine.is_subclass(cls, base), call.place);
}

Value* is_callable(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  if (value == nullptr) return machine.unknown("callable()", call.place);
  if (value->as<Function>() || value->as<Class>() || value->as<BoundMethod>() ||
      value->as<Partial>()) {
    return machine.boolean(true);
  }
  if (value->as<Constant>() || value->as<Sequence>() || value->as<Dict>() || value->as<Module>() ||
      value->as<Property>()) {
    return machine.boolean(false);
  }
  if (const auto* instance = value->as<Instance>()) {
    Value* type = machine.force(instance->type);
    if (type->as<Class>() != nullptr && machine.mro_complete(type)) {
      return machine.boolean(machine.find_in_class(type, "__call__") != nullptr);
    }
  }
  return machine.unknown("whether it is callable", call.place);
}

Value* type_call(Machine& machine, BuiltinCall& call) {
  Value* first = argument(machine, call, 0);
  if (first == nullptr) return machine.unknown("type()", call.place);
  if (call.arguments.positional.size() == 1) return machine.type_of(first);
  const std::string_view name = first->string() != nullptr ? *first->string() : "<type>";
  Value* bases = argument(machine, call, 1);
  Value* cls =
      machine.make_class(name, machine.iterate(bases, call.place).items, call.frame, call.place);
  Value* members = argument(machine, call, 2);
  auto& names = cls->as<Class>()->names;
  if (const auto* dict = members == nullptr ? nullptr : members->as<Dict>()) {
    for (const auto& [key, value] : dict->items) {
      if (const std::string_view* member = machine.force(key)->string()) {
        names.bind(*member, {value, call.place, nullptr});
      }
    }
    if (!dict->complete) names.add_hole("members that only a run knows", call.place);
  }
  return cls;
}

Value* make_property(Machine& machine, BuiltinCall& call) {
  Property property{.place = call.place};
  property.getter = call.arguments.get(0, "fget");
  property.setter = call.arguments.get(1, "fset");
  property.deleter = call.arguments.get(2, "fdel");
  return machine.make(property);
}

Value* make_static(Machine& machine, BuiltinCall& call) {
  Value* target = argument(machine, call, 0);
  if (target == nullptr) return machine.unknown("staticmethod()", call.place);
  return machine.apply_decorator(machine.external("builtins.staticmethod"), target, call.frame,
                                 call.place);
}
Value* make_classmethod(Machine& machine, BuiltinCall& call) {
  Value* target = argument(machine, call, 0);
  if (target == nullptr) return machine.unknown("classmethod()", call.place);
  return machine.apply_decorator(machine.external("builtins.classmethod"), target, call.frame,
                                 call.place);
}

Value* to_string(Machine& machine, BuiltinCall& call) {
  std::string text;
  Value* value = argument(machine, call, 0);
  if (value == nullptr) return machine.string("");
  if (machine.to_text(value, text)) return machine.string(text);
  return value->as<Unknown>() != nullptr
             ? value
             : machine.unknown("str() of " + std::string(machine.why_unknown(value)), call.place);
}

Value* to_bool(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  if (value == nullptr) return machine.boolean(false);
  return machine.boolean(machine.truth(value), call.place);
}

Value* import_call(Machine& machine, BuiltinCall& call) {
  Value* name = argument(machine, call, 0);
  if (name == nullptr || name->string() == nullptr) {
    return machine.unknown("a module by a name that is not known", call.place);
  }
  const Value* from = call.arguments.get(3, "fromlist");
  const std::string_view dotted = from == nullptr || from->as<Sequence>() == nullptr
                                      ? name->string()->substr(0, name->string()->find('.'))
                                      : *name->string();
  Value* module = machine.import_module(dotted, false);
  return module != nullptr ? module : machine.unknown("there is no such module", call.place);
}

Value* executed_text(Machine& machine, BuiltinCall& call) {
  call.frame.names->add_hole("exec of a text", call.place);
  return machine.unknown("what exec or eval makes", call.place);
}

const std::unordered_map<std::string_view, Builtin>& builtin_functions() {
  static const std::unordered_map<std::string_view, Builtin> kFunctions = {
      {"builtins.list", make_list},
      {"builtins.tuple", make_tuple},
      {"builtins.set", make_set},
      {"builtins.frozenset", make_set},
      {"builtins.dict", make_dict},
      {"builtins.len", length},
      {"builtins.getattr", get_attribute},
      {"builtins.hasattr", has_attribute},
      {"builtins.setattr", set_attribute},
      {"builtins.delattr", delete_attribute},
      {"builtins.globals", globals},
      {"builtins.locals", locals},
      {"builtins.vars", locals},
      {"builtins.dir", directory},
      {"builtins.isinstance", is_instance},
      {"builtins.issubclass", is_subclass},
      {"builtins.callable", is_callable},
      {"builtins.type", type_call},
      {"builtins.property", make_property},
      {"builtins.staticmethod", make_static},
      {"builtins.classmethod", make_classmethod},
      {"builtins.str", to_string},
      {"builtins.bool", to_bool},
      {"builtins.__import__", import_call},
      {"builtins.exec", executed_text},
      {"builtins.eval", executed_text},
  };
  return kFunctions;
}

/// Whether a call of it makes an object of it, going by its name: C++ and the standard library
/// write classes in capitals, but for these.
bool looks_like_class(std::string_view path) {
  static const std::unordered_set<std::string_view> kSmall = {
      "builtins.object",  "builtins.int",          "builtins.float",
      "builtins.complex", "builtins.bytes",        "builtins.bytearray",
      "threading.local",  "collections.deque",     "collections.defaultdict",
      "weakref.ref",      "types.SimpleNamespace", "datetime.timedelta",
      "itertools.count",
  };
  if (kSmall.contains(path)) return true;
  std::string_view name = simple_name(path);
  while (name.starts_with('_')) name.remove_prefix(1);
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
}

}  // namespace

Value* Machine::call_external(const External& callee, BuiltinCall call) {
  const std::string_view path = callee.path;
  const auto& own = builtin_functions();
  if (const auto at = own.find(path); at != own.end() && call.self == nullptr) {
    return at->second(*this, call);
  }
  if (call.self != nullptr && version_text(call.self)) {
    if (const Builtin method = find_string_method(path)) return method(*this, call);
  }
  for (const auto find : {find_standard_function, find_container_method, find_iteration_function,
                          find_mock_function}) {
    if (const Builtin function = find(path)) return function(*this, call);
  }
  if (path.ends_with(".__new__") && !call.arguments.positional.empty()) {
    return make(Instance{.type = call.arguments.positional[0], .names = {}, .place = call.place});
  }
  if (path.ends_with(".__init__")) return none();
  if (looks_like_class(path) && call.self == nullptr) {
    return make(Instance{.type = external(path), .names = {}, .place = call.place});
  }
  return unknown("what " + std::string(path) + " returns", call.place);
}

}  // namespace torchdevice::gap

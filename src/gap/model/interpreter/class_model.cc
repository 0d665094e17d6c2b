#include <algorithm>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

Value* Machine::origin(Value* type) {
  type = force(type);
  if (const auto* alias = type->as<Instance>()) {
    if (const Binding* of = alias->names.find("__origin__")) return force(of->definition.value);
  }
  return type;
}

const std::vector<Value*>& Machine::mro(Value* cls) {
  static const std::vector<Value*> kNone;
  auto* definition = cls->as<Class>();
  if (definition == nullptr) return kNone;
  Linearisation& known = linearisations_[definition];
  if (known.settled || known.computing) return known.order;
  known.order = {cls};  // what a class sees that is its own base, by way of open names
  known.computing = true;

  std::vector<std::vector<Value*>> sequences;
  std::vector<Value*> bases;
  for (Value* base : definition->bases) bases.push_back(origin(base));
  for (Value* base : bases) {
    if (base->as<Class>() != nullptr) {
      sequences.push_back(mro(base));
    } else {
      sequences.push_back({base});
    }
  }
  sequences.push_back(bases);
  std::vector<Value*> order{cls};
  for (;;) {
    std::erase_if(sequences, [](const auto& sequence) { return sequence.empty(); });
    const auto good = std::find_if(sequences.begin(), sequences.end(), [&](const auto& sequence) {
      return std::none_of(sequences.begin(), sequences.end(), [&](const auto& other) {
        return std::find(other.begin() + 1, other.end(), sequence.front()) != other.end();
      });
    });
    if (good == sequences.end()) break;
    Value* next = good->front();
    order.push_back(next);
    if (next->as<Class>() == nullptr && next->as<External>() == nullptr) break;
    for (auto& sequence : sequences) {
      if (sequence.front() == next) sequence.erase(sequence.begin());
    }
  }
  known.order = std::move(order);
  known.computing = false;
  // While modules are still being run, a base that is missing now may come later.
  known.settled = executing_modules == 0 ||
                  std::none_of(bases.begin(), bases.end(),
                               [](const Value* base) { return base->as<Unknown>() != nullptr; });
  return known.order;
}

bool Machine::mro_complete(Value* cls) {
  const std::vector<Value*>& order = mro(cls);
  return !order.empty() && std::all_of(order.begin(), order.end(), [](const Value* base) {
    const auto* external = base->as<External>();
    return base->as<Class>() != nullptr ||
           (external != nullptr &&
            (external->path.starts_with("builtins.") || external->path.starts_with("typing") ||
             external->path.starts_with("abc.") || external->path.starts_with("enum.")));
  });
}

const Binding* Machine::find_in_class(Value* cls, std::string_view name) {
  for (Value* base : mro(cls)) {
    const auto* known = base->as<Class>();
    if (known == nullptr) continue;
    const Binding* binding = known->names.find(name);
    if (binding != nullptr && !binding->deleted) return binding;
  }
  return nullptr;
}

Truth Machine::is_subclass(Value* cls, Value* base) {
  cls = origin(cls);
  base = force(base);
  if (const auto* several = base->as<Sequence>()) {
    Truth any = Truth::False;
    for (Value* one : several->items) {
      const Truth is = is_subclass(cls, one);
      if (is == Truth::True) return is;
      if (is == Truth::Undecided) any = is;
    }
    return several->complete ? any : Truth::Undecided;
  }
  base = origin(base);
  if (cls == base) return Truth::True;
  const auto* base_external = base->as<External>();
  if (base_external != nullptr && base_external->path == "builtins.object") return Truth::True;
  if (cls->as<Class>() != nullptr) {
    const std::vector<Value*>& order = mro(cls);
    if (std::find(order.begin(), order.end(), base) != order.end()) return Truth::True;
    return mro_complete(cls) ? Truth::False : Truth::Undecided;
  }
  const auto* external = cls->as<External>();
  if (external == nullptr) return Truth::Undecided;
  if (external->path.starts_with("builtins.")) {
    if (base->as<Class>() != nullptr) return Truth::False;
    if (base_external != nullptr && base_external->path.starts_with("builtins.")) {
      const bool bool_is_int =
          external->path == "builtins.bool" && base_external->path == "builtins.int";
      return bool_is_int ? Truth::True : Truth::False;
    }
  }
  return Truth::Undecided;
}

Value* Machine::type_of(Value* value) {
  value = force(value);
  if (const auto* instance = value->as<Instance>()) return force(instance->type);
  if (const auto* constant = value->as<Constant>()) {
    switch (constant->kind) {
      case Constant::Kind::None:
        return external("builtins.NoneType");
      case Constant::Kind::True:
      case Constant::Kind::False:
        return external("builtins.bool");
      case Constant::Kind::Number:
        return external(constant->text.find_first_of(".eEjJ") == std::string_view::npos ||
                                constant->text.starts_with("0x")
                            ? "builtins.int"
                            : "builtins.float");
      case Constant::Kind::String:
        return external("builtins.str");
      case Constant::Kind::Bytes:
        return external("builtins.bytes");
      case Constant::Kind::Ellipsis:
        return external("builtins.ellipsis");
    }
  }
  if (const auto* sequence = value->as<Sequence>()) {
    switch (sequence->kind) {
      case Sequence::Kind::List:
        return external("builtins.list");
      case Sequence::Kind::Tuple:
        return external("builtins.tuple");
      case Sequence::Kind::Set:
        return external("builtins.set");
    }
  }
  if (value->as<Dict>() != nullptr) return external("builtins.dict");
  if (value->as<Module>() != nullptr) return external("types.ModuleType");
  if (const auto* cls = value->as<Class>()) {
    return cls->metaclass != nullptr ? force(cls->metaclass) : external("builtins.type");
  }
  if (value->as<Function>() != nullptr) return external("types.FunctionType");
  if (value->as<Property>() != nullptr) return external("builtins.property");
  if (value->as<BoundMethod>() != nullptr) return external("types.MethodType");
  if (value->as<Partial>() != nullptr) return external("functools.partial");
  return unknown("the type of what is not known", {});
}

}  // namespace torchdevice::gap

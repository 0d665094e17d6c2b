#include <algorithm>
#include <optional>
#include <string>

#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/numbers.h"
#include "gap/model/interpreter/version_order.h"

namespace torchdevice::gap {
namespace {

const Constant* constant_of(const Value* value, Constant::Kind kind) {
  const auto* constant = value->as<Constant>();
  return constant != nullptr && constant->kind == kind ? constant : nullptr;
}

std::optional<std::int64_t> arithmetic(std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  if (op == "+") {
    overflows = __builtin_add_overflow(a, b, &result);
  } else if (op == "-") {
    overflows = __builtin_sub_overflow(a, b, &result);
  } else if (op == "*") {
    overflows = __builtin_mul_overflow(a, b, &result);
  } else if (op == "<<" && a >= 0 && b >= 0 && b < 32 && a < (std::int64_t{1} << 31)) {
    result = a << b;
  } else if (op == "//" && a >= 0 && b > 0) {
    result = a / b;
  } else if (op == "%" && a >= 0 && b > 0) {
    result = a % b;
  } else {
    return std::nullopt;
  }
  if (overflows) return std::nullopt;
  return result;
}

Value* set_operation(Machine& machine, std::string_view op, const Sequence& left, Value* left_value,
                     const Sequence& right, Value* right_value) {
  Sequence result{.kind = Sequence::Kind::Set,
                  .items = {},
                  .complete = left.complete && right.complete,
                  .holes = left.holes};
  result.holes.insert(result.holes.end(), right.holes.begin(), right.holes.end());
  for (Value* item : left.items) {
    const bool in_right = machine.contains(right_value, item) == Truth::True;
    if (op == "|" || in_right == (op == "&")) result.items.push_back(item);
  }
  if (op == "|" || op == "^") {
    for (Value* item : right.items) {
      if (machine.contains(left_value, item) != Truth::True) result.items.push_back(item);
    }
  }
  return machine.make(std::move(result));
}

bool is_type(const Value* value) {
  if (const auto* instance = value->as<Instance>()) {
    const auto* type = instance->type->as<External>();
    return type != nullptr &&
           (type->path.starts_with("types.") || type->path.starts_with("typing"));
  }
  return value->as<Class>() != nullptr || value->as<External>() != nullptr ||
         value->string() != nullptr || constant_of(value, Constant::Kind::None) != nullptr;
}

Truth negated(Truth truth) {
  if (truth == Truth::Undecided) return truth;
  return truth == Truth::True ? Truth::False : Truth::True;
}

Truth of(bool truth) { return truth ? Truth::True : Truth::False; }

/// -1, 0, 1; nothing where the order is not known.
std::optional<int> order(Machine& machine, Value* left, Value* right) {
  if (const auto versions = compare_versions(machine, left, right)) return versions;
  const auto a = integer(left), b = integer(right);
  if (a && b) return *a < *b ? -1 : *a > *b;
  if (left->string() != nullptr && right->string() != nullptr) {
    const int order = left->string()->compare(*right->string());
    return order < 0 ? -1 : order > 0;
  }
  const auto* first = left->as<Sequence>();
  const auto* second = right->as<Sequence>();
  if (first == nullptr || second == nullptr) return std::nullopt;
  const std::size_t common = std::min(first->items.size(), second->items.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto item =
        order(machine, machine.force(first->items[i]), machine.force(second->items[i]));
    if (!item || *item != 0) return item;
  }
  if (!first->complete || !second->complete) return std::nullopt;
  if (first->items.size() == second->items.size()) return 0;
  return first->items.size() < second->items.size() ? -1 : 1;
}

Truth identical(Machine& machine, Value* left, Value* right) {
  if (left == right) return Truth::True;
  const auto* a = left->as<Constant>();
  const auto* b = right->as<Constant>();
  if (a != nullptr && b != nullptr) return machine.equal(left, right);
  const auto open = [](const Value* value) {
    if (const auto* external = value->as<External>()) {
      return !external->path.starts_with("builtins.") && !external->path.starts_with("typing");
    }
    return value->as<Unknown>() != nullptr || value->as<Deferred>() != nullptr;
  };
  return open(left) || open(right) ? Truth::Undecided : Truth::False;
}

}  // namespace

Value* Machine::binary(std::string_view op, Value* left, Value* right, Place place) {
  const std::string_view* text = left->string();
  if (op == "+" && text != nullptr && right->string() != nullptr) {
    return string(std::string(*text) + std::string(*right->string()));
  }
  if (op == "%" && text != nullptr) return percent_format(*text, right, place);
  const auto* first = left->as<Sequence>();
  const auto* second = right->as<Sequence>();
  if (first != nullptr && op == "+") {
    Value* both = make(Sequence(*first));
    extend(*both->as<Sequence>(), iterate(right, place), current_condition, place);
    return both;
  }
  if (second != nullptr && op == "+") {
    Value* both = make(iterate(left, place));
    both->as<Sequence>()->kind = second->kind;
    extend(*both->as<Sequence>(), *second, current_condition, place);
    return both;
  }
  if (first != nullptr && second != nullptr) {
    return set_operation(*this, op, *first, left, *second, right);
  }
  const auto a = integer(left), b = integer(right);
  if (a && b) {
    if (const auto result = arithmetic(op, *a, *b)) return number(*result);
  }
  if (op == "*" && b && *b >= 0 && *b < 1000) {
    if (text != nullptr) {
      std::string repeated;
      for (std::int64_t i = 0; i < *b; ++i) repeated += *text;
      return string(repeated);
    }
    if (first != nullptr && first->items.size() < 1000) {
      Sequence repeated = *first;
      repeated.items.clear();
      for (std::int64_t i = 0; i < *b; ++i) {
        repeated.items.insert(repeated.items.end(), first->items.begin(), first->items.end());
      }
      return make(std::move(repeated));
    }
  }
  if (op == "|") {
    const auto* dict = left->as<Dict>();
    const auto* other = right->as<Dict>();
    if (dict != nullptr && other != nullptr) {
      Value* merged = make(Dict(*dict));
      for (const auto& [key, value] : other->items) dict_set(*merged->as<Dict>(), key, value);
      merged->as<Dict>()->complete &= other->complete;
      return merged;
    }
    if (is_type(left) && is_type(right)) {
      return make(Instance{.type = external("types.UnionType"), .names = {}, .place = place});
    }
  }
  if (left->as<Unknown>() != nullptr) return left;
  if (right->as<Unknown>() != nullptr) return right;
  return unknown("an operation on " + std::string(why_unknown(left)), place);
}

Truth Machine::truth(Value* value) {
  value = force(value);
  if (const auto* constant = value->as<Constant>()) {
    switch (constant->kind) {
      case Constant::Kind::None:
      case Constant::Kind::False:
        return Truth::False;
      case Constant::Kind::True:
      case Constant::Kind::Ellipsis:
        return Truth::True;
      case Constant::Kind::String:
      case Constant::Kind::Bytes:
        return of(!constant->text.empty());
      case Constant::Kind::Number:
        return of(constant->text.find_first_of("123456789") != std::string_view::npos);
    }
  }
  if (const auto* sequence = value->as<Sequence>()) {
    if (!sequence->items.empty()) return Truth::True;
    return sequence->complete ? Truth::False : Truth::Undecided;
  }
  if (const auto* dict = value->as<Dict>()) {
    if (!dict->items.empty()) return Truth::True;
    return dict->complete ? Truth::False : Truth::Undecided;
  }
  if (const auto* instance = value->as<Instance>()) {
    Value* type = force(instance->type);
    if (type->as<Class>() == nullptr || !mro_complete(type)) return Truth::Undecided;
    const bool decides = find_in_class(type, "__bool__") || find_in_class(type, "__len__");
    return decides ? Truth::Undecided : Truth::True;
  }
  const bool definition = value->as<Module>() || value->as<Class>() || value->as<Function>() ||
                          value->as<BoundMethod>() || value->as<Partial>();
  if (const auto* external = value->as<External>()) {
    return external->path.starts_with("builtins.") ? Truth::True : Truth::Undecided;
  }
  return definition ? Truth::True : Truth::Undecided;
}

Truth Machine::equal(Value* left, Value* right) {
  if (left->as<Unknown>() != nullptr || right->as<Unknown>() != nullptr) return Truth::Undecided;
  if (left == right) return Truth::True;
  const auto* a = left->as<Constant>();
  const auto* b = right->as<Constant>();
  if (a != nullptr && b != nullptr) {
    if (a->kind == b->kind && a->text == b->text) return Truth::True;
    if (a->kind != b->kind || a->kind != Constant::Kind::Number) return Truth::False;
    const auto x = integer(left), y = integer(right);
    return x && y ? of(*x == *y) : Truth::Undecided;
  }
  if (left->as<Instance>() != nullptr || right->as<Instance>() != nullptr) {
    if (const auto order = compare_versions(*this, left, right)) return of(*order == 0);
  }
  const auto* first = left->as<Sequence>();
  const auto* second = right->as<Sequence>();
  if (first != nullptr && second != nullptr && first->kind != Sequence::Kind::Set) {
    if (!first->complete || !second->complete) return Truth::Undecided;
    if (first->items.size() != second->items.size()) return Truth::False;
    Truth all = Truth::True;
    for (std::size_t i = 0; i < first->items.size(); ++i) {
      const Truth same = equal(force(first->items[i]), force(second->items[i]));
      if (same == Truth::False) return same;
      if (same == Truth::Undecided) all = same;
    }
    return all;
  }
  const auto by_identity = [](const Value* value) {
    return value->as<Module>() || value->as<Class>() || value->as<Function>();
  };
  if (by_identity(left) && by_identity(right)) return Truth::False;
  if ((by_identity(left) && b != nullptr) || (by_identity(right) && a != nullptr)) {
    return Truth::False;
  }
  return Truth::Undecided;
}

Truth Machine::contains(Value* container, Value* item) {
  container = force(container);
  item = force(item);
  const std::string_view* text = container->string();
  if (text != nullptr && item->string() != nullptr) {
    return of(text->find(*item->string()) != std::string_view::npos);
  }
  if (const auto* method = container->as<BoundMethod>()) {
    const auto* function = method->function->as<External>();
    if (function == nullptr || function->path != "namespace" || !item->string()) {
      return Truth::Undecided;
    }
    const Namespace* names = namespace_of(force(method->self));
    if (names == nullptr) return Truth::Undecided;
    const Binding* binding = names->find(*item->string());
    if (binding == nullptr || binding->deleted) {
      return names->holes.empty() ? Truth::False : Truth::Undecided;
    }
    return binding->definition.condition == nullptr ? Truth::True : Truth::Undecided;
  }
  if (!container->as<Sequence>() && !container->as<Dict>()) return Truth::Undecided;
  if (item->as<Unknown>() != nullptr) return Truth::Undecided;
  const Sequence items = iterate(container, {});
  steps += items.items.size() / 16;  // a long list costs what statements cost
  Truth any = items.complete ? Truth::False : Truth::Undecided;
  for (Value* one : items.items) {
    const Truth same = equal(force(one), item);
    if (same == Truth::True) return same;
    if (same == Truth::Undecided) any = same;
  }
  return any;
}

Truth Machine::compare(std::string_view op, Value* left, Value* right) {
  if (op == "is") return identical(*this, left, right);
  if (op == "is not") return negated(identical(*this, left, right));
  if (op == "in") return contains(right, left);
  if (op == "not in") return negated(contains(right, left));
  if (op == "==") return equal(left, right);
  if (op == "!=") return negated(equal(left, right));
  const auto known = order(*this, left, right);
  if (!known) return Truth::Undecided;
  if (op == "<") return of(*known < 0);
  if (op == "<=") return of(*known <= 0);
  if (op == ">") return of(*known > 0);
  if (op == ">=") return of(*known >= 0);
  return Truth::Undecided;
}

}  // namespace torchdevice::gap

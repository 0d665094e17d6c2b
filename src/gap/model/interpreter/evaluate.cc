#include <string>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// Expressions inside expressions and calls inside calls, together, before the stack is in danger.
constexpr unsigned kMaxNestedEvaluations = 1500;

bool is_super_call(const Expr& expression) {
  return expression.kind == ExprKind::Call && expression.items[0]->kind == ExprKind::Name &&
         expression.items[0]->text == "super";
}

/// `super().name` in a method.
Value* super_attribute(Machine& machine, std::string_view name, Frame& frame, Place place) {
  Frame* method = &frame;
  const auto is_method = [](const Frame* scope) {
    return scope->kind == Frame::Kind::Function && scope->object != nullptr &&
           scope->object->as<Function>()->owner != nullptr;
  };
  while (method != nullptr && !is_method(method)) method = method->outer;
  if (method == nullptr || method->self == nullptr) {
    return machine.unknown("super() of a class that is not known", place);
  }
  const Class* owner = method->object->as<Function>()->owner;
  Value* self = machine.force(method->self);
  Value* type = self->as<Class>() != nullptr ? self : machine.type_of(self);
  bool after = false;
  for (Value* base : machine.mro(type)) {
    if (after) {
      if (const auto* external = base->as<External>()) {
        return machine.make(BoundMethod{
            self, machine.external(std::string(external->path) + "." + std::string(name))});
      }
      const auto* cls = base->as<Class>();
      const Binding* binding = cls == nullptr ? nullptr : cls->names.find(name);
      if (binding != nullptr && !binding->deleted) {
        Value* value = machine.force(binding->definition.value);
        const auto* function = value->as<Function>();
        if (function == nullptr || function->binding == Function::Binding::Static) return value;
        return machine.make(BoundMethod{self, value});
      }
    }
    after |= base->as<Class>() == owner;
  }
  return machine.make(BoundMethod{self, machine.external("builtins.object." + std::string(name))});
}

/// Whether evaluating further would run modules or functions of a library.
bool is_open(const Value* value) {
  if (const auto* deferred = value->as<Deferred>()) return deferred->value == nullptr;
  const auto* module = value->as<Module>();
  return module != nullptr && !module->executed && !module->executing;
}

Value* defer(Machine& machine, const Expr& expression, Frame& frame) {
  frame.capture();
  return machine.make(Deferred{
      .expression = &expression, .frame = &frame, .place = {frame.module->file, expression.range}});
}

Value* evaluate_fstring(Machine& machine, const Expr& expression, Frame& frame, Place place) {
  std::string text;
  for (const Expr* part : expression.items) {
    Value* value = machine.evaluate_forced(*part, frame);
    if (!machine.to_text(value, text)) {
      return machine.unknown(
          "a string of which a part is not known: " + std::string(machine.why_unknown(value)),
          place);
    }
  }
  return machine.string(text);
}

Value* evaluate_sequence(Machine& machine, const Expr& expression, Frame& frame, Place place) {
  Sequence sequence{.kind = expression.kind == ExprKind::List    ? Sequence::Kind::List
                            : expression.kind == ExprKind::Tuple ? Sequence::Kind::Tuple
                                                                 : Sequence::Kind::Set,
                    .items = {},
                    .complete = true,
                    .holes = {}};
  sequence.items.reserve(expression.items.size());
  for (const Expr* item : expression.items) {
    if (item->kind != ExprKind::Starred) {
      sequence.items.push_back(machine.evaluate(*item, frame));
      continue;
    }
    Sequence more = machine.iterate(machine.evaluate(*item->items[0], frame), place);
    sequence.items.insert(sequence.items.end(), more.items.begin(), more.items.end());
    sequence.complete &= more.complete;
    sequence.holes.insert(sequence.holes.end(), more.holes.begin(), more.holes.end());
  }
  return machine.make(std::move(sequence));
}

Value* evaluate_dict(Machine& machine, const Expr& expression, Frame& frame, Place place) {
  Value* value = machine.make(Dict{});
  auto& dict = *value->as<Dict>();
  for (std::size_t i = 0; i < expression.items.size(); ++i) {
    const Expr& key = *expression.items[i];
    if (key.kind == ExprKind::DoubleStarred) {
      Value* other = machine.force(machine.evaluate(*key.items[0], frame));
      if (const auto* known = other->as<Dict>()) {
        for (const auto& [name, item] : known->items) machine.dict_set(dict, name, item);
        dict.complete &= known->complete;
      } else {
        dict.complete = false;
        dict.holes.push_back({std::string(machine.why_unknown(other)), place});
      }
    } else if (i + 1 < expression.items.size()) {
      Value* name = machine.evaluate(key, frame);
      machine.dict_set(dict, name, machine.evaluate(*expression.items[++i], frame));
    }
  }
  return value;
}

Value* evaluate_bool_op(Machine& machine, const Expr& expression, Frame& frame) {
  const Truth stop = expression.text == "or" ? Truth::True : Truth::False;
  Value* value = nullptr;
  for (const Expr* operand : expression.items) {
    value = machine.evaluate_forced(*operand, frame);
    const Truth truth = machine.truth(value);
    if (truth == stop) return value;
    if (truth == Truth::Undecided) {
      machine.ambiguous = true;
      return value;
    }
  }
  return value;
}

}  // namespace

Value* Machine::literal(const Expr& expression, Constant::Kind kind) {
  // What a library's module runs, it runs once.
  if (lazy) return make(Constant{kind, expression.text});
  Value*& value = literals_[&expression];
  if (value == nullptr) value = make(Constant{kind, expression.text});
  return value;
}

Value* Machine::evaluate_forced(const Expr& expression, Frame& frame) {
  const Temporarily laziness(lazy, false);
  return force(evaluate(expression, frame));
}

Value* Machine::evaluate(const Expr& expression, Frame& frame) {
  const Place place{frame.module->file, expression.range};
  const Temporarily depth(nested_evaluations, nested_evaluations + 1);
  if (nested_evaluations > kMaxNestedEvaluations) {
    cut(call_stack.empty() ? nullptr : call_stack.back(),
        "expressions and calls are nested too deeply to follow", place, true);
    return unknown("expressions and calls are nested too deeply to follow", place);
  }
  const auto sub = [&](std::size_t i) { return evaluate(*expression.items[i], frame); };
  switch (expression.kind) {
    case ExprKind::Name: {
      Value* value = lookup(expression.text, frame, place);
      return lazy ? value : force(value);
    }
    case ExprKind::Attribute: {
      if (is_super_call(*expression.items[0])) {
        return super_attribute(*this, expression.text, frame, place);
      }
      Value* owner = sub(0);
      if (lazy && is_open(owner)) {
        return make(Deferred{.owner = owner, .attribute = expression.text, .place = place});
      }
      Value* value = attribute_or_unknown(owner, expression.text, place);
      return lazy ? value : force(value);
    }
    case ExprKind::Subscript: {
      Value* owner = sub(0);
      if (lazy && is_open(owner)) return defer(*this, expression, frame);
      return subscript(owner, expression.items.subspan(1), frame, place);
    }
    case ExprKind::Call:
      return evaluate_call(expression, frame);
    case ExprKind::String:
      return literal(expression, Constant::Kind::String);
    case ExprKind::Bytes:
      return literal(expression, Constant::Kind::Bytes);
    case ExprKind::Number:
      return literal(expression, Constant::Kind::Number);
    case ExprKind::FString:
      return lazy ? defer(*this, expression, frame)
                  : evaluate_fstring(*this, expression, frame, place);
    case ExprKind::True:
      return true_;
    case ExprKind::False:
      return false_;
    case ExprKind::None:
      return none_;
    case ExprKind::Ellipsis:
      return make(Constant{Constant::Kind::Ellipsis, "..."});
    case ExprKind::Tuple:
    case ExprKind::List:
    case ExprKind::Set:
      return evaluate_sequence(*this, expression, frame, place);
    case ExprKind::Dict:
      return evaluate_dict(*this, expression, frame, place);
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::Generator:
    case ExprKind::DictComp:
      return lazy ? defer(*this, expression, frame) : evaluate_comprehension(expression, frame);
    case ExprKind::Lambda: {
      frame.capture();
      Value* value = make(Function{});
      auto& function = *value->as<Function>();
      function.qualified_name = qualified_name(frame, "<lambda>");
      function.lambda = expression.lambda;
      function.place = place;
      function.module = frame.module;
      function.owner = frame.kind == Frame::Kind::Class ? frame.object->as<Class>() : nullptr;
      function.closure = &frame;
      if (!lazy) keep_defaults(function, expression.lambda->parameters, frame);
      return value;
    }
    case ExprKind::IfExp: {
      const Truth truth = test(*expression.items[0], frame);
      if (truth != Truth::Undecided) return sub(truth == Truth::True ? 1 : 2);
      ambiguous = true;
      Value* first = sub(1);
      Value* second = sub(2);
      return first->as<Unknown>() != nullptr ? second : first;
    }
    case ExprKind::BoolOp:
      return evaluate_bool_op(*this, expression, frame);
    case ExprKind::UnaryOp:
    case ExprKind::Compare: {
      if (expression.kind == ExprKind::UnaryOp && expression.text != "not") {
        Value* operand = evaluate_forced(*expression.items[0], frame);
        const auto* number = operand->as<Constant>();
        if (expression.text == "-" && number != nullptr && number->kind == Constant::Kind::Number) {
          return make(Constant{Constant::Kind::Number, intern("-" + std::string(number->text))});
        }
        return unknown("arithmetic on what is not known", place);
      }
      return boolean(test(expression, frame), place);
    }
    case ExprKind::BinaryOp: {
      Value* left = sub(0);
      Value* right = sub(1);
      const auto is_text_or_list = [](const Value* value) {
        return value->as<Sequence>() != nullptr || value->as<Constant>() != nullptr;
      };
      if (lazy && (is_open(left) || is_open(right)) && !is_text_or_list(left) &&
          !is_text_or_list(right)) {
        return defer(*this, expression, frame);
      }
      return binary(expression.text, force(left), force(right), place);
    }
    case ExprKind::NamedExpr: {
      Value* value = sub(1);
      bind_name(expression.items[0]->text, value, frame, place);
      return value;
    }
    case ExprKind::Yield:
      frame.yields.push_back(expression.items.empty() ? none_ : sub(0));
      if (current_condition != frame.condition) frame.yields_complete = false;
      return unknown("what a generator is sent", place);
    case ExprKind::YieldFrom: {
      const Sequence items = iterate(sub(0), place);
      frame.yields.insert(frame.yields.end(), items.items.begin(), items.items.end());
      frame.yields_complete &= items.complete;
      return none_;
    }
    case ExprKind::Await:
      sub(0);
      return unknown("the result of a coroutine", place);
    case ExprKind::FormattedValue:
      sub(0);
      return unknown("a value in a format of its own", place);
    case ExprKind::Slice:
    case ExprKind::Keyword:
    case ExprKind::Starred:
    case ExprKind::DoubleStarred:
    case ExprKind::CompFor:
    case ExprKind::CompIf:
    case ExprKind::Opaque:
      return unknown("an expression that could not be read", place);
  }
  return unknown("an expression that could not be read", place);
}

Arguments Machine::evaluate_arguments(std::span<const Expr* const> items, Frame& frame) {
  Arguments arguments;
  for (const Expr* item : items) {
    const Place place{frame.module->file, item->range};
    switch (item->kind) {
      case ExprKind::Keyword:
        arguments.keywords.emplace_back(item->text, evaluate(*item->items[0], frame));
        break;
      case ExprKind::Starred: {
        Sequence more = iterate(evaluate(*item->items[0], frame), place);
        arguments.positional.insert(arguments.positional.end(), more.items.begin(),
                                    more.items.end());
        arguments.more_positional |= !more.complete;
        break;
      }
      case ExprKind::DoubleStarred: {
        const auto* dict = force(evaluate(*item->items[0], frame))->as<Dict>();
        arguments.more_keywords |= dict == nullptr || !dict->complete;
        if (dict == nullptr) break;
        for (const auto& [key, value] : dict->items) {
          if (const std::string_view* name = force(key)->string()) {
            arguments.keywords.emplace_back(*name, value);
          }
        }
        break;
      }
      default:
        arguments.positional.push_back(evaluate(*item, frame));
    }
  }
  return arguments;
}

Value* Machine::evaluate_call(const Expr& expression, Frame& frame) {
  const Place place{frame.module->file, expression.range};
  Value* callee = evaluate(*expression.items[0], frame);
  if (lazy && !is_immediate(callee)) {
    if (!changes_its_module(callee, frame)) return defer(*this, expression, frame);
    const Temporarily laziness(lazy, false);
    return evaluate_call(expression, frame);
  }
  Arguments arguments = evaluate_arguments(expression.items.subspan(1), frame);
  return call(force(callee), std::move(arguments), frame, place);
}

Truth Machine::test(const Expr& expression, Frame& frame) {
  const Temporarily laziness(lazy, false);
  const auto negate = [](Truth truth) {
    if (truth == Truth::Undecided) return truth;
    return truth == Truth::True ? Truth::False : Truth::True;
  };
  if (expression.kind == ExprKind::BoolOp) {
    const Truth stop = expression.text == "or" ? Truth::True : Truth::False;
    Truth result = negate(stop);
    for (const Expr* operand : expression.items) {
      const Truth truth = test(*operand, frame);
      if (truth == stop) return stop;
      if (truth == Truth::Undecided) result = truth;
    }
    return result;
  }
  if (expression.kind == ExprKind::UnaryOp && expression.text == "not") {
    return negate(test(*expression.items[0], frame));
  }
  const Temporarily ambiguity(ambiguous, false);
  if (expression.kind == ExprKind::Compare) {
    Truth result = Truth::True;
    Value* left = evaluate_forced(*expression.items[0], frame);
    for (std::size_t i = 1; i < expression.items.size(); ++i) {
      Value* right = evaluate_forced(*expression.items[i], frame);
      const Truth truth = ambiguous ? Truth::Undecided : compare(expression.text, left, right);
      if (truth == Truth::False) return truth;
      if (truth == Truth::Undecided) result = truth;
      left = right;
    }
    return result;
  }
  if (expression.kind == ExprKind::Name) {
    if (const Binding* binding = find_binding(expression.text, frame)) {
      const Truth truth = this->truth(force(binding->definition.value));
      // Forcing may have run modules: the binding may have moved.
      binding = find_binding(expression.text, frame);
      for (std::size_t i = 0; i < binding->alternatives.size(); ++i) {
        if (this->truth(force(binding->alternatives[i].value)) != truth) return Truth::Undecided;
        binding = find_binding(expression.text, frame);
      }
      return truth;
    }
  }
  const Truth truth = this->truth(evaluate_forced(expression, frame));
  return ambiguous ? Truth::Undecided : truth;
}

}  // namespace torchdevice::gap

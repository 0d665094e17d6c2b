#include "gap/model/overlay/wrapper.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "gap/model/interpreter/frame.h"
#include "gap/model/overlay/python_walk.h"
#include "gap/model/signature/one_line.h"

namespace torchdevice::gap {
namespace {

constexpr int kMaxDepth = 4;  ///< functions of the subject that call each other

using Values = std::vector<Value*>;

bool is_constant(const Expr& expression) {
  switch (expression.kind) {
    case ExprKind::String:
    case ExprKind::Bytes:
    case ExprKind::Number:
    case ExprKind::True:
    case ExprKind::False:
    case ExprKind::None:
    case ExprKind::Ellipsis:
      return true;
    case ExprKind::Tuple:
    case ExprKind::List:
    case ExprKind::Dict:
    case ExprKind::UnaryOp:
      return std::all_of(expression.items.begin(), expression.items.end(),
                         [](const Expr* item) { return item != nullptr && is_constant(*item); });
    default:
      return false;
  }
}

/// The function of a call, and the instance that it is a method of.
std::pair<Value*, const Instance*> call_target(Interpreter& interpreter, Value* value, int depth) {
  if (value == nullptr || depth > kMaxDepth) return {nullptr, nullptr};
  value = interpreter.force(value);
  if (value->as<Function>() != nullptr) return {value, nullptr};
  if (const auto* method = value->as<BoundMethod>()) {
    const auto [function, self] = call_target(interpreter, method->function, depth + 1);
    return {function, method->self == nullptr ? self : method->self->as<Instance>()};
  }
  if (const auto* partial = value->as<Partial>()) {
    return call_target(interpreter, partial->callable, depth + 1);
  }
  if (const auto* property = value->as<Property>()) {
    return call_target(interpreter, property->getter, depth + 1);
  }
  if (const auto* instance = value->as<Instance>();
      instance != nullptr && instance->type != nullptr) {
    Value* type = interpreter.force(instance->type);
    if (type->as<Class>() == nullptr) return {nullptr, nullptr};
    const auto [function, self] =
        call_target(interpreter, interpreter.attribute(type, "__call__"), depth + 1);
    return {function, instance};
  }
  return {nullptr, nullptr};
}

/// One function whose body is studied.
struct Studied {
  const Function* function = nullptr;
  const PythonFile* file = nullptr;
  std::span<const ParameterSyntax> parameters;
  Block body;                      ///< of a `def`
  const Expr* result = nullptr;    ///< of a lambda
  const Instance* self = nullptr;  ///< the instance that it is a method of, if known

  const ParameterSyntax* parameter(std::string_view name) const {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& one) { return one.name == name; });
    return found == parameters.end() ? nullptr : &*found;
  }
  std::string_view name_of(ParameterKind kind) const {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& one) { return one.kind == kind; });
    return found == parameters.end() ? std::string_view() : found->name;
  }

  template <typename Visit>
  void each_part_of_body(const Visit& visit) const {
    each_part(result, visit);
    each_statement(body, *file, [&](const Stmt& statement) {
      each_expression(statement, [&](const Expr* expression) { each_part(expression, visit); });
    });
  }
};

Studied studied(const Function& function, const Instance* self) {
  Studied result{.function = &function, .file = function.place.file, .self = self};
  if (function.definition != nullptr) {
    result.parameters = function.definition->parameters;
    result.body = function.place.file->body(*function.definition);
  } else if (function.lambda != nullptr) {
    result.parameters = function.lambda->parameters;
    result.result = function.lambda->body;
  }
  return result;
}

class Study {
 public:
  Study(Interpreter& interpreter, std::span<Value* const> originals, const SavedNames& saved)
      : interpreter_(interpreter), originals_(originals), saved_(saved) {}

  WrapperFacts facts;

  void read(const Studied& code) {
    if (code.file == nullptr) return;
    args_ = code.name_of(ParameterKind::VarPositional);
    kwargs_ = code.name_of(ParameterKind::VarKeyword);
    follow(code, 0);
    if (args_.empty() && kwargs_.empty()) {
      facts.forwarding = Forwarding::None;
    } else if (to_original_) {
      facts.forwarding = Forwarding::Forwards;
      facts.forwards_to = nullptr;
    } else if (facts.forwards_to == nullptr && to_unknown_) {
      facts.forwarding = Forwarding::Unknown;
    }
    if (facts.calls_original) {
      find_changes(code);
    } else if (code.function->module->subject) {
      find_constant(code);
    }
  }

 private:
  // --- what expressions stand for

  void add(const Binding* binding, Values& values) {
    if (binding == nullptr) return;
    const auto one = [&](const Definition& definition) {
      if (definition.value != nullptr) values.push_back(interpreter_.force(definition.value));
    };
    one(binding->definition);
    for (const Definition& alternative : binding->alternatives) one(alternative);
  }

  /// What the function itself assigned to the name.
  void add_assigned(const Studied& code, std::string_view name, int depth, Values& values) {
    each_statement(code.body, *code.file, [&](const Stmt& statement) {
      const auto* assign = std::get_if<Assign>(&statement.node);
      if (assign == nullptr || assign->value == nullptr || !assign->op.empty()) return;
      for (const Expr* target : assign->targets) {
        if (target->kind == ExprKind::Name && target->text == name) {
          const Values more = values_of(*assign->value, code, depth + 1);
          values.insert(values.end(), more.begin(), more.end());
        }
      }
    });
  }

  Values name_values(std::string_view name, const Studied& code, int depth) {
    Values values;
    if (const ParameterSyntax* parameter = code.parameter(name)) {
      if (parameter->default_value != nullptr) {
        values = values_of(*parameter->default_value, code, depth + 1);
      }
      return values;
    }
    add_assigned(code, name, depth, values);
    for (Frame* at = code.function->closure; at != nullptr && values.empty(); at = at->outer) {
      if (at->kind != Frame::Kind::Class || at == code.function->closure) {
        add(at->names->find(name), values);
      }
    }
    return values;
  }

  Values attribute_values(const Expr& expression, const Studied& code, int depth) {
    Values values;
    const Expr& owner = *expression.items[0];
    if (owner.kind == ExprKind::Name && code.parameter(owner.text) != nullptr) {
      if (code.self != nullptr) add(code.self->names.find(expression.text), values);
      if (values.empty()) {
        const auto [begin, end] = saved_.equal_range(expression.text);
        for (auto at = begin; at != end; ++at) values.push_back(at->second);
      }
      return values;
    }
    for (Value* value : values_of(owner, code, depth + 1)) {
      Value* found = interpreter_.attribute(value, expression.text);
      if (found != nullptr) values.push_back(interpreter_.force(found));
      const auto [begin, end] = saved_.equal_range(expression.text);
      for (auto at = begin; at != end; ++at) values.push_back(at->second);
    }
    return values;
  }

  Values subscript_values(const Expr& expression, const Studied& code, int depth) {
    Values values;
    for (Value* owner : values_of(*expression.items[0], code, depth + 1)) {
      const auto* dict = owner->as<Dict>();
      const auto* sequence = owner->as<Sequence>();
      if (dict != nullptr) {
        for (const auto& [key, value] : dict->items) values.push_back(interpreter_.force(value));
      } else if (sequence != nullptr) {
        for (Value* item : sequence->items) values.push_back(interpreter_.force(item));
      }
    }
    return values;
  }

  /// getattr(x, "name"), functools.partial(f), x.__get__(y): what they give or wrap.
  Values call_values(const Expr& expression, const Studied& code, int depth) {
    const Expr& callee = *expression.items[0];
    const bool gets = callee.kind == ExprKind::Name && callee.text == "getattr" &&
                      expression.items.size() >= 3 && expression.items[2]->kind == ExprKind::String;
    if (gets) {
      const Expr attribute{ExprKind::Attribute, expression.range, expression.items[2]->text,
                           expression.items.subspan(1, 1), nullptr};
      return attribute_values(attribute, code, depth + 1);
    }
    if (callee.text == "partial" && expression.items.size() >= 2) {
      return values_of(*expression.items[1], code, depth + 1);
    }
    if (callee.kind == ExprKind::Attribute && (callee.text == "__get__" || callee.text == "get")) {
      return callee.text == "get" ? subscript_values(callee, code, depth + 1)
                                  : values_of(*callee.items[0], code, depth + 1);
    }
    return {};
  }

  Values values_of(const Expr& expression, const Studied& code, int depth) {
    constexpr int kMaxExpressions = 12;
    if (depth > kMaxExpressions) return {};
    switch (expression.kind) {
      case ExprKind::Name:
        return name_values(expression.text, code, depth);
      case ExprKind::Attribute:
        return attribute_values(expression, code, depth);
      case ExprKind::Subscript:
        return subscript_values(expression, code, depth);
      case ExprKind::Call:
        return call_values(expression, code, depth);
      default:
        return {};
    }
  }

  bool is_original(const Values& values) const {
    return std::any_of(values.begin(), values.end(), [&](Value* value) {
      if (const auto* method = value->as<BoundMethod>()) value = method->function;
      if (const auto* partial = value->as<Partial>()) value = partial->callable;
      return std::find(originals_.begin(), originals_.end(), value) != originals_.end();
    });
  }

  // --- calls

  static bool hands_on(const Expr& call, ExprKind kind, std::string_view name) {
    return !name.empty() &&
           std::any_of(call.items.begin() + 1, call.items.end(), [&](const Expr* argument) {
             return argument->kind == kind && argument->items[0]->kind == ExprKind::Name &&
                    argument->items[0]->text == name;
           });
  }

  void follow(const Studied& code, int depth) {
    if (!seen_.insert(code.function).second) return;
    code.each_part_of_body([&](const Expr& part) {
      if (part.kind == ExprKind::Call) {
        follow_call(part, code, depth);
      }
    });
  }

  void follow_call(const Expr& call, const Studied& code, int depth) {
    const Values callees = values_of(*call.items[0], code, 0);
    const bool forwards = depth == 0 && (hands_on(call, ExprKind::Starred, args_) ||
                                         hands_on(call, ExprKind::DoubleStarred, kwargs_));
    if (is_original(callees)) {
      facts.calls_original = true;
      to_original_ = to_original_ || forwards;
      return;
    }
    // A saved original that is handed to a helper will be called there.
    for (const Expr* argument : call.items.subspan(1)) {
      if (argument->kind != ExprKind::Name && argument->kind != ExprKind::Attribute) continue;
      const Values values = values_of(*argument, code, 0);
      if (is_original(values) && values.front()->as<Class>() == nullptr) {
        facts.calls_original = true;
        to_original_ = to_original_ || forwards;
      }
    }
    bool known = false;
    for (Value* callee : callees) {
      Value* function = call_target(interpreter_, callee, 0).first;
      if (function == nullptr || !function->as<Function>()->module->subject) continue;
      known = true;
      if (forwards && facts.forwards_to == nullptr) facts.forwards_to = callee;
      if (depth < kMaxDepth) follow(studied(*function->as<Function>(), nullptr), depth + 1);
    }
    to_unknown_ = to_unknown_ || (forwards && !known);
  }

  // --- arguments

  void find_changes(const Studied& code) {
    std::set<std::string> changed;
    each_statement(code.body, *code.file, [&](const Stmt& statement) {
      const auto* assign = std::get_if<Assign>(&statement.node);
      const auto* erase = std::get_if<Delete>(&statement.node);
      for (const Expr* target : assign != nullptr  ? assign->targets
                                : erase != nullptr ? erase->targets
                                                   : std::span<const Expr* const>{}) {
        if (target->kind == ExprKind::Name && code.parameter(target->text) != nullptr) {
          changed.insert(std::string(target->text));
        } else if (target->kind == ExprKind::Subscript && target->items.size() == 2 &&
                   target->items[0]->kind == ExprKind::Name && !kwargs_.empty() &&
                   target->items[0]->text == kwargs_) {
          const bool named = target->items[1]->kind == ExprKind::String;
          changed.insert(std::string(named ? target->items[1]->text : kwargs_));
        }
      }
    });
    code.each_part_of_body([&](const Expr& part) {
      constexpr std::array<std::string_view, 3> kChanging = {"pop", "update", "setdefault"};
      if (part.kind != ExprKind::Call || part.items[0]->kind != ExprKind::Attribute) return;
      const Expr& method = *part.items[0];
      const bool on_keywords = method.items[0]->kind == ExprKind::Name && !kwargs_.empty() &&
                               method.items[0]->text == kwargs_;
      if (on_keywords &&
          std::find(kChanging.begin(), kChanging.end(), method.text) != kChanging.end()) {
        const bool named = part.items.size() > 1 && part.items[1]->kind == ExprKind::String;
        changed.insert(std::string(named ? part.items[1]->text : kwargs_));
      }
    });
    facts.changed.assign(changed.begin(), changed.end());
  }

  /// A call that only tells the user something.
  static bool is_message(const Expr& call) {
    constexpr std::array<std::string_view, 9> kMessages = {
        "warn", "warning", "warning_once", "warn_once", "info", "debug", "error", "print", "log"};
    return std::find(kMessages.begin(), kMessages.end(), call.items[0]->text) != kMessages.end();
  }

  /// A body that does nothing with its arguments, nor anything else, in which every `return` gives
  /// a constant.
  void find_constant(const Studied& code) {
    bool ignores = true;
    code.each_part_of_body([&](const Expr& part) {
      ignores = ignores && !(part.kind == ExprKind::Name && code.parameter(part.text) != nullptr) &&
                (part.kind != ExprKind::Call || is_message(part)) && part.kind != ExprKind::Yield &&
                part.kind != ExprKind::YieldFrom;
    });
    std::set<std::string> results;
    const auto add_result = [&](const Expr* value) {
      if (value == nullptr) {
        results.insert("None");
      } else if (is_constant(*value)) {
        results.insert(one_line(code.file->text(value->range)));
      } else {
        ignores = false;
      }
    };
    if (code.result != nullptr) add_result(code.result);
    each_statement(code.body, *code.file, [&](const Stmt& statement) {
      if (const auto* result = std::get_if<Return>(&statement.node)) add_result(result->value);
      ignores = ignores && !std::holds_alternative<Raise>(statement.node) &&
                !std::holds_alternative<FunctionDef>(statement.node) &&
                !std::holds_alternative<ClassDef>(statement.node);
    });
    if (results.empty()) results.insert("None");
    if (ignores && results.size() == 1) facts.constant = *results.begin();
  }

  Interpreter& interpreter_;
  std::span<Value* const> originals_;
  const SavedNames& saved_;
  std::string_view args_;
  std::string_view kwargs_;
  bool to_original_ = false;
  bool to_unknown_ = false;
  std::unordered_set<const Function*> seen_;
};

}  // namespace

WrapperFacts study_wrapper(Interpreter& interpreter, Value* replacement,
                           std::span<Value* const> originals, const SavedNames& saved) {
  const auto [function, self] = call_target(interpreter, replacement, 0);
  Study study(interpreter, originals, saved);
  if (function == nullptr) return {};
  if (std::find(originals.begin(), originals.end(), function) != originals.end()) {
    study.facts.calls_original = true;  // a partial of it, or its method on another object
    study.facts.forwarding = Forwarding::Forwards;
  } else {
    study.read(studied(*function->as<Function>(), self));
  }
  return study.facts;
}

}  // namespace torchdevice::gap

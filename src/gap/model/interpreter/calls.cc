#include <algorithm>
#include <optional>
#include <string>

#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/standard_library.h"

namespace torchdevice::gap {
namespace {

/// How often a function may stand in the stack of calls.
constexpr auto kMaxRecursion = 3;

/// Statements that a call may cost which a library makes at module level, or a subject of a
/// library.
constexpr std::size_t kLibrarySteps = 600;

/// Statements that one call in a subject may cost, the calls in it included.
constexpr std::size_t kCallSteps = 100'000;

/// Statements that a subject's function may cost, over all its calls, without a store being met:
/// most functions patch nothing, and every caller would run them again.
constexpr std::size_t kFruitlessSteps = 1'000;

/// A Class or function handed to a library's function, which may give it back changed.
bool is_callable_argument(Value* value) {
  return value->as<Function>() || value->as<Class>() || value->as<BoundMethod>() ||
         value->as<Partial>();
}

/// Whether something of a library is among the arguments, or its dotted name: a function that sets
/// attributes of what it is given could patch it.
bool hands_over_foreign(const Machine& machine, const Arguments& arguments) {
  const auto is_foreign = [&](const Value* value) {
    if (const std::string_view* text = value->string()) {
      return text->find('.') != std::string_view::npos &&
             machine.table.has_package(text->substr(0, text->find('.')));
    }
    const bool has_names = value->as<Module>() != nullptr || value->as<Class>() != nullptr ||
                           value->as<External>() != nullptr;
    return has_names && !machine.owns(value);
  };
  return std::any_of(arguments.positional.begin(), arguments.positional.end(), is_foreign) ||
         std::any_of(arguments.keywords.begin(), arguments.keywords.end(),
                     [&](const auto& keyword) { return is_foreign(keyword.second); });
}

const ParameterSyntax* begin_of_rest(std::span<const ParameterSyntax> parameters,
                                     ParameterKind kind) {
  const auto at = std::find_if(parameters.begin(), parameters.end(),
                               [&](const ParameterSyntax& one) { return one.kind == kind; });
  return at == parameters.end() ? nullptr : &*at;
}

/// Binds arguments to parameters as Python does.
class Binder {
 public:
  Binder(Machine& machine, const Function& function, Arguments& arguments, Frame& frame,
         std::span<Value* const> defaults, Place place)
      : machine_(machine),
        function_(function),
        arguments_(arguments),
        frame_(frame),
        defaults_(defaults),
        place_(place),
        used_(arguments.keywords.size(), false) {}

  void bind(std::span<const ParameterSyntax> parameters) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const ParameterSyntax& parameter = parameters[i];
      switch (parameter.kind) {
        case ParameterKind::PositionalOnly:
        case ParameterKind::PositionalOrKeyword:
          if (position < arguments_.positional.size()) {
            define(parameter.name, arguments_.positional[position++]);
          } else {
            named(parameter, i);
          }
          break;
        case ParameterKind::VarPositional:
          rest(parameter, position);
          position = arguments_.positional.size();
          break;
        case ParameterKind::KeywordOnly:
          named(parameter, i);
          break;
        case ParameterKind::VarKeyword:
          break;
      }
    }
    if (const auto* all = begin_of_rest(parameters, ParameterKind::VarKeyword)) keywords(*all);
  }

 private:
  void define(std::string_view name, Value* value) {
    frame_.names->bind(name, {value, place_, nullptr});
  }

  void named(const ParameterSyntax& parameter, std::size_t index) {
    for (std::size_t i = 0; i < arguments_.keywords.size(); ++i) {
      if (arguments_.keywords[i].first == parameter.name && !used_[i] &&
          parameter.kind != ParameterKind::PositionalOnly) {
        used_[i] = true;
        define(parameter.name, arguments_.keywords[i].second);
        return;
      }
    }
    if (parameter.default_value == nullptr) {
      const bool hidden = arguments_.more_positional || arguments_.more_keywords;
      define(parameter.name,
             machine_.unknown(hidden ? "passed on by * or **"
                                     : "the argument " + std::string(parameter.name) +
                                           " comes from callers that are not known",
                              place_));
    } else if (index < defaults_.size() && defaults_[index] != nullptr) {
      define(parameter.name, defaults_[index]);
    } else {
      define(parameter.name, machine_.evaluate(*parameter.default_value, *function_.closure));
    }
  }

  void rest(const ParameterSyntax& parameter, std::size_t position) {
    Sequence items{.kind = Sequence::Kind::Tuple,
                   .items = {},
                   .complete = !arguments_.more_positional,
                   .holes = {}};
    if (position < arguments_.positional.size()) {
      items.items.assign(arguments_.positional.begin() + static_cast<std::ptrdiff_t>(position),
                         arguments_.positional.end());
    }
    define(parameter.name, machine_.make(std::move(items)));
  }

  void keywords(const ParameterSyntax& parameter) {
    Dict dict;
    dict.complete = !arguments_.more_keywords;
    for (std::size_t i = 0; i < arguments_.keywords.size(); ++i) {
      if (used_[i]) continue;
      const auto& [name, value] = arguments_.keywords[i];
      dict.items.emplace_back(machine_.string(name), value);
    }
    define(parameter.name, machine_.make(std::move(dict)));
  }

  Machine& machine_;
  const Function& function_;
  Arguments& arguments_;
  Frame& frame_;
  std::span<Value* const> defaults_;
  Place place_;
  std::vector<bool> used_;
};

/// What a call gives, from the `return`s that were met; null where every way raises.
Value* result_of(Machine& machine, const Frame& frame, Flow flow) {
  if (frame.returns.empty()) return flow == Flow::Raise ? nullptr : machine.none();
  Value* first = nullptr;
  for (const Definition& one : frame.returns) {
    if (one.condition == frame.condition && first == nullptr) return one.value;
    if (first == nullptr || (first->as<Unknown>() != nullptr && one.value != first)) {
      first = first == nullptr || one.value->as<Unknown>() == nullptr ? one.value : first;
    }
    if (one.value != first) machine.ambiguous = true;
  }
  if (flow == Flow::Next) machine.ambiguous = true;
  return first;
}

/// The fields that a dataclass or NamedTuple has, from the class itself: `name: T`.
void bind_fields(const Class& cls, Instance& instance, const Arguments& arguments, Place place) {
  if (cls.definition == nullptr) return;
  std::size_t position = 0;
  for (const Stmt& statement : cls.definition->body) {
    const auto* field = std::get_if<Assign>(&statement.node);
    if (field == nullptr || field->annotation == nullptr || !field->op.empty() ||
        field->targets[0]->kind != ExprKind::Name) {
      continue;
    }
    const std::string_view name = field->targets[0]->text;
    if (Value* value = arguments.get(position++, name)) {
      instance.names.bind(name, {value, place, nullptr});
    }
  }
}

}  // namespace

bool Machine::changes_its_module(const Value* callee, const Frame& frame) {
  const auto* function = callee->as<Function>();
  if (function == nullptr || function->module != frame.module || function->definition == nullptr) {
    return false;
  }
  const auto [at, added] = module_changers_.try_emplace(function->definition, false);
  if (added) {
    const std::string_view body = function->place.file->text(function->definition->body_range);
    at->second = body.find("__all__") != std::string_view::npos ||
                 body.find("globals()") != std::string_view::npos;
  }
  return at->second;
}

bool Machine::is_immediate(Value* callee) {
  if (const auto* deferred = callee->as<Deferred>()) {
    return deferred->value != nullptr && is_immediate(deferred->value);
  }
  if (callee->as<External>() != nullptr) return true;
  if (const auto* method = callee->as<BoundMethod>()) {
    return method->function->as<External>() != nullptr;
  }
  const auto* partial = callee->as<Partial>();
  return partial != nullptr && is_immediate(partial->callable);
}

Value* Machine::call(Value* callee, Arguments arguments, Frame& frame, Place place) {
  callee = force(callee);
  const auto result = [&](Value* value) {
    return value != nullptr ? value : unknown(kRaises, place);
  };
  if (const auto* external = callee->as<External>()) {
    return result(call_external(*external, {nullptr, arguments, frame, place}));
  }
  if (const auto* function = callee->as<Function>()) {
    if (in_subject && !function->module->subject &&
        std::none_of(arguments.positional.begin(), arguments.positional.end(),
                     is_callable_argument)) {
      return unknown(intern("what " + std::string(function->qualified_name) + " returns"), place);
    }
    return result(call_function(callee, std::move(arguments), place));
  }
  if (callee->as<Class>() != nullptr) {
    return instantiate(callee, std::move(arguments), frame, place);
  }
  if (const auto* method = callee->as<BoundMethod>()) {
    Value* function = force(method->function);
    if (const auto* external = function->as<External>()) {
      return result(call_external(*external, {method->self, arguments, frame, place}));
    }
    arguments.positional.insert(arguments.positional.begin(), method->self);
    return call(function, std::move(arguments), frame, place);
  }
  if (const auto* partial = callee->as<Partial>()) {
    const auto* external = force(partial->callable)->as<External>();
    if (external != nullptr && is_decorator_factory(external->path) &&
        arguments.positional.size() == 1) {
      return call_decorator(callee, force(arguments.positional[0]), frame, place);
    }
    arguments.positional.insert(arguments.positional.begin(), partial->arguments.begin(),
                                partial->arguments.end());
    for (const auto& keyword : partial->keywords) {
      if (arguments.get(arguments.positional.size(), keyword.first) == nullptr) {
        arguments.keywords.push_back(keyword);
      }
    }
    return call(partial->callable, std::move(arguments), frame, place);
  }
  if (const auto* instance = callee->as<Instance>()) {
    Value* type = origin(instance->type);
    if (instance->names.find("__origin__") != nullptr) {
      return call(origin(callee), std::move(arguments), frame, place);
    }
    if (type->as<Class>() != nullptr) {
      if (const Binding* binding = find_in_class(type, "__call__")) {
        Value* method = make(BoundMethod{callee, force(binding->definition.value)});
        return call(method, std::move(arguments), frame, place);
      }
    }
    if (const auto* external = type->as<External>()) {
      return call_external(
          *this->external(std::string(external->path) + ".__call__")->as<External>(),
          {callee, arguments, frame, place});
    }
  }
  if (callee->as<Unknown>() != nullptr) return callee;
  return unknown("a call of " + std::string(why_unknown(callee)), place);
}

Value* Machine::call_function(Value* callee, Arguments arguments, Place place) {
  auto& function = *callee->as<Function>();
  const std::string_view name = function.qualified_name;
  if (function.place.file->is_stub()) {
    if (name == "torch._C._add_docstr" && arguments.positional.size() == 2) {
      return document(arguments.positional[0], arguments.positional[1]);
    }
    return unknown("what " + std::string(name) + " returns, which is compiled", place);
  }
  if (call_stack.size() >= Interpreter::kMaxDepth) {
    cut(call_stack.back(), "calls are nested too deeply to follow", place, true);
    return unknown("calls are nested too deeply to follow", place);
  }
  const auto is_same = [&](const Function* other) {
    return other->definition == function.definition && other->lambda == function.lambda;
  };
  if (std::count_if(call_stack.begin(), call_stack.end(), is_same) >= kMaxRecursion) {
    if (function.definition != nullptr && hands_over_foreign(*this, arguments)) {
      cut(&function, "it calls itself more often than is followed", function.place, false);
    }
    return unknown("a recursive call", place);
  }
  const bool is_subject = function.module->subject && function.definition != nullptr;
  if (is_subject && fruitless_steps_[function.definition] > kFruitlessSteps) {
    if (hands_over_foreign(*this, arguments)) {
      cut(&function, "it is called too often to follow every call", function.place, false);
    }
    return unknown("it is called too often to follow", place);
  }
  const std::size_t stores_before = stores.size();
  const std::size_t listed_before = listed(*function.module);
  const std::size_t steps_before = steps;
  const std::size_t attempts_before = store_attempts;

  const bool enters_library = !function.module->subject && (in_subject || call_stack.empty());
  std::optional<Temporarily<std::size_t>> taken, limit;
  const bool limits = is_subject && steps + kCallSteps < step_limit;
  const Temporarily limited_here(limited, limits ? &function : limited);
  if (enters_library) {
    taken.emplace(steps, 0);
    limit.emplace(step_limit, kLibrarySteps);
  } else if (is_subject) {
    limit.emplace(step_limit, std::min(step_limit, steps + kCallSteps));
  }
  const Temporarily laziness(lazy, false);
  const Temporarily subject(in_subject, in_subject && function.module->subject);
  const Temporarily handled(handled_imports, 0u);
  const ConditionScope scope(*this);
  Frame& frame = new_frame(*function.closure);
  frame.kind = Frame::Kind::Function;
  frame.outer = function.closure;
  frame.object = callee;
  frame.qualified_name = name;
  const auto parameters =
      function.lambda != nullptr ? function.lambda->parameters : function.definition->parameters;
  if (function.owner != nullptr && !arguments.positional.empty()) {
    frame.self = arguments.positional[0];
  }
  const auto defaults = defaults_.find(&function);
  Binder(*this, function, arguments, frame,
         defaults == defaults_.end() ? std::span<Value* const>() : defaults->second, place)
      .bind(parameters);

  call_stack.push_back(&function);
  call_places.push_back(place);
  Value* result;
  if (function.lambda != nullptr) {
    result = evaluate(*function.lambda->body, frame);
  } else {
    entered.insert(function.definition);
    const Flow flow = run_block(body_of(function), frame);
    result = result_of(*this, frame, flow);
    if (function.definition->is_async) {
      result = unknown("the result of a coroutine", place);
    } else if (is_generator(function)) {
      result = make(Sequence{.kind = Sequence::Kind::List,
                             .items = frame.yields,
                             .complete = frame.yields_complete,
                             .holes = {}});
    }
  }
  call_places.pop_back();
  call_stack.pop_back();
  if (listed(*function.module) > listed_before) ++additions_[function.definition];
  if (is_subject && store_attempts != attempts_before) {
    storing_functions_.insert(function.definition);
  }
  if (is_subject && stores.size() == stores_before) {
    fruitless_steps_[function.definition] += steps - steps_before + 1;
  }
  recycle(frame);
  return result;
}

Value* Machine::call_decorator(Value* decorator, Value* target, Frame& frame, Place place) {
  const auto* function = target->as<Function>();
  const auto* external = force(decorator->as<Partial>()->callable)->as<External>();
  // What it was made of keeps its name and is not deprecated; functools.wraps changes its argument.
  if (function != nullptr && external->path != "functools.wraps")
    target = make(Function(*function));
  return apply_decorator(decorator, target, frame, place);
}

Value* Machine::document(Value* value, Value* docstring) {
  value = force(value);
  docstring = force(docstring);
  auto* external = value->as<External>();
  if (external != nullptr && docstring->string() != nullptr) {
    external->docstring = *docstring->string();
  }
  return value;
}

Value* Machine::instantiate(Value* cls, Arguments arguments, Frame&, Place place) {
  const auto& definition = *cls->as<Class>();
  const auto method = [&](std::string_view name) -> Value* {
    const Binding* binding = find_in_class(cls, name);
    if (binding == nullptr) return nullptr;
    Value* function = force(binding->definition.value);
    const auto* known = function->as<Function>();
    return known == nullptr || known->place.file->is_stub() ? nullptr : function;
  };
  const bool follow = !in_subject || definition.module->subject;
  Value* made = nullptr;
  if (Value* constructor = follow ? method("__new__") : nullptr) {
    Arguments with_class = arguments;
    with_class.positional.insert(with_class.positional.begin(), cls);
    made = call_function(constructor, std::move(with_class), place);
    if (made != nullptr) made = force(made);
    if (made != nullptr && made->as<Unknown>() != nullptr) made = nullptr;
    const auto* instance = made == nullptr ? nullptr : made->as<Instance>();
    if (made != nullptr && (instance == nullptr || instance->type != cls)) return made;
  }
  if (made == nullptr) made = make(Instance{.type = cls, .names = {}, .place = place});
  auto& instance = *made->as<Instance>();
  if (instance.names.find("__value__") == nullptr && arguments.positional.size() == 1 &&
      force(arguments.positional[0])->string() != nullptr) {
    static constexpr std::string_view kText = "builtins.str";
    for (const Value* base : mro(cls)) {
      const auto* external = base->as<External>();
      if (external != nullptr && external->path == kText) {
        instance.names.bind("__value__", {force(arguments.positional[0]), place, nullptr});
      }
    }
  }
  if (Value* initializer = follow ? method("__init__") : nullptr) {
    arguments.positional.insert(arguments.positional.begin(), made);
    call_function(initializer, std::move(arguments), place);
  } else if (follow) {
    bind_fields(definition, instance, arguments, place);
  }
  return made;
}

}  // namespace torchdevice::gap

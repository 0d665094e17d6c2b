#include <algorithm>
#include <array>
#include <string>

#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/yields.h"

namespace torchdevice::gap {
namespace {

/// Decorators of the standard library after which the name still stands for the same object, as far
/// as a caller can tell.
constexpr std::array kTransparent = {
    "abc.abstractmethod",
    "atexit.register",
    "builtins.type",
    "dataclasses.dataclass",
    "enum.unique",
    "enum.verify",
    "functools.cache",
    "functools.lru_cache",
    "functools.singledispatch",
    "functools.total_ordering",
    "typing.dataclass_transform",
    "typing.final",
    "typing.no_type_check",
    "typing.overload",
    "typing.override",
    "typing.runtime_checkable",
    "typing_extensions.dataclass_transform",
    "typing_extensions.final",
    "typing_extensions.overload",
    "typing_extensions.override",
    "typing_extensions.runtime_checkable",
};

bool is_overload(const Value* decorator) {
  const auto* external = decorator->as<External>();
  return external != nullptr &&
         (external->path == "typing.overload" || external->path == "typing_extensions.overload");
}

/// Whether sources need not be run to know what the decorator does.
bool is_known(const Value* decorator) {
  if (decorator->as<External>() != nullptr) return true;
  if (const auto* partial = decorator->as<Partial>()) {
    return partial->callable->as<External>() != nullptr;
  }
  const auto* method = decorator->as<BoundMethod>();
  return method != nullptr && method->self->as<Property>() != nullptr;
}

void mark_undecided(Machine& machine, Value* target, std::string_view reason) {
  auto* function = target->as<Function>();
  if (function != nullptr && function->undecided.empty()) {
    function->undecided = machine.intern(reason);
  }
}

void mark_deprecated(Machine& machine, Value* target, const Value* message) {
  const std::string_view* text = message == nullptr ? nullptr : message->string();
  const std::string_view said = machine.intern(text == nullptr ? "deprecated" : *text);
  if (auto* function = target->as<Function>()) function->deprecated = said;
  if (auto* cls = target->as<Class>()) cls->deprecated = said;
}

/// A decorator of the standard library, with the arguments it was called with, if it was.
Value* apply_known(Machine& machine, std::string_view path, std::span<Value* const> arguments,
                   Value* target, Place place) {
  auto* function = target->as<Function>();
  if (path == "builtins.property" || path == "functools.cached_property" ||
      path == "abc.abstractproperty" || path == "enum.property") {
    return machine.make(Property{.getter = target, .place = place});
  }
  if (path == "builtins.staticmethod") {
    if (function != nullptr) function->binding = Function::Binding::Static;
    return target;
  }
  if (path == "builtins.classmethod") {
    if (function != nullptr) function->binding = Function::Binding::Class;
    return target;
  }
  if (path == "contextlib.contextmanager" || path == "contextlib.asynccontextmanager") {
    if (function != nullptr) function->context_manager = true;
    return target;
  }
  if (path == "functools.wraps") {
    if (function != nullptr && !arguments.empty()) function->wrapped = machine.force(arguments[0]);
    return target;
  }
  if (path == "warnings.deprecated" || path == "typing_extensions.deprecated") {
    mark_deprecated(machine, target, arguments.empty() ? nullptr : machine.force(arguments[0]));
    return target;
  }
  if (std::find(kTransparent.begin(), kTransparent.end(), path) == kTransparent.end()) {
    mark_undecided(machine, target,
                   "decorated by " + std::string(path) + ", whose source is not at hand");
  }
  return target;
}

}  // namespace

Value* Machine::apply_decorator(Value* decorator, Value* target, Frame& frame, Place place) {
  decorator = force(decorator);
  if (const auto* external = decorator->as<External>()) {
    return apply_known(*this, external->path, {}, target, place);
  }
  if (const auto* partial = decorator->as<Partial>()) {
    if (const auto* external = force(partial->callable)->as<External>()) {
      return apply_known(*this, external->path, partial->arguments, target, place);
    }
  }
  Value* result = decorator->as<Unknown>() != nullptr
                      ? decorator
                      : call(decorator, Arguments{.positional = {target}}, frame, place);
  result = force(result);
  if (const auto* unknown = result->as<Unknown>()) {
    mark_undecided(*this, target,
                   "what its decorator returns is not known: " + std::string(unknown->reason));
    return target;
  }
  return result;
}

Value* Machine::decorate(Value* target, std::span<Value* const> decorators, Frame& frame,
                         Place place) {
  const bool waits =
      lazy && std::none_of(decorators.begin(), decorators.end(), [&](const Value* decorator) {
        return changes_its_module(decorator, frame);
      });
  const Temporarily laziness(lazy, waits);
  for (std::size_t left = decorators.size(); left > 0; --left) {
    Value* decorator = decorators[left - 1];
    if (waits && !is_known(decorator)) {
      frame.capture();
      return make(Deferred{.frame = &frame,
                           .decorated = target,
                           .decorators = {decorators.begin(), decorators.begin() + left},
                           .place = place});
    }
    target = apply_decorator(decorator, force(target), frame, place);
  }
  return target;
}

void Machine::keep_defaults(const Function& function, std::span<const ParameterSyntax> parameters,
                            Frame& frame) {
  const auto changes = [](const ParameterSyntax& parameter) {
    return parameter.default_value != nullptr && parameter.default_value->kind != ExprKind::None &&
           parameter.default_value->kind != ExprKind::True &&
           parameter.default_value->kind != ExprKind::False;
  };
  if (std::none_of(parameters.begin(), parameters.end(), changes)) return;
  std::vector<Value*>& values = defaults_[&function];
  for (const ParameterSyntax& parameter : parameters) {
    values.push_back(changes(parameter) ? evaluate(*parameter.default_value, frame) : nullptr);
  }
}

Flow Machine::run(const FunctionDef& definition, Frame& frame, Place place) {
  Value* value = make(Function{});
  auto& function = *value->as<Function>();
  function.qualified_name = qualified_name(frame, definition.name);
  function.definition = &definition;
  function.place = place;
  function.module = frame.module;
  function.owner = frame.kind == Frame::Kind::Class ? frame.object->as<Class>() : nullptr;
  function.closure = &frame;
  frame.capture();
  if (definition.name == "__new__" || definition.name == "__init_subclass__" ||
      definition.name == "__class_getitem__") {
    function.binding =
        definition.name == "__new__" ? Function::Binding::Static : Function::Binding::Class;
  }
  if (frame.module->subject) subject_functions.push_back(value);

  if (!lazy) keep_defaults(function, definition.parameters, frame);

  std::vector<Value*> decorators;
  bool overload = false;
  for (const Expr* decorator : definition.decorators) {
    decorators.push_back(evaluate(*decorator, frame));
    overload |= is_overload(decorators.back());
  }
  // Overloads stand before what they belong to, which is the last of them in a stub.
  if (const Binding* before = frame.names->find(definition.name); before && !before->deleted) {
    Value* previous = before->definition.value;
    if (const auto* deferred = previous->as<Deferred>(); deferred && deferred->decorated) {
      previous = deferred->decorated;
    }
    const auto* earlier = previous->as<Function>();
    if (earlier != nullptr && !earlier->overloads.empty() &&
        earlier->overloads.back() == previous) {
      function.overloads = earlier->overloads;
    }
  }
  if (overload) function.overloads.push_back(value);
  bind_name(definition.name, decorate(value, decorators, frame, place), frame, place);
  return Flow::Next;
}

Value* Machine::make_class(std::string_view name, std::vector<Value*> bases, Frame& frame,
                           Place place) {
  Value* value = make(Class{});
  auto& cls = *value->as<Class>();
  cls.qualified_name = qualified_name(frame, name);
  cls.place = place;
  cls.module = frame.module;
  cls.bases = std::move(bases);
  return value;
}

Flow Machine::run(const ClassDef& definition, Frame& frame, Place place) {
  std::vector<Value*> decorators;
  for (const Expr* decorator : definition.decorators) {
    decorators.push_back(evaluate(*decorator, frame));
  }
  std::vector<Value*> bases;
  Value* metaclass = nullptr;
  for (const Expr* base : definition.bases) {
    if (base->kind == ExprKind::Keyword) {
      if (base->text == "metaclass") metaclass = evaluate(*base->items[0], frame);
    } else if (base->kind == ExprKind::Starred) {
      for (Value* item : iterate(evaluate(*base->items[0], frame), place).items) {
        bases.push_back(item);
      }
    } else if (base->kind != ExprKind::DoubleStarred) {
      bases.push_back(evaluate(*base, frame));
    }
  }
  Value* value = make_class(definition.name, std::move(bases), frame, place);
  auto& cls = *value->as<Class>();
  cls.definition = &definition;
  cls.metaclass = metaclass;

  Frame& body = new_frame(frame);
  body.kind = Frame::Kind::Class;
  body.outer = &frame;
  body.object = value;
  body.names = &cls.names;
  body.qualified_name = cls.qualified_name;
  body.capture();
  run_block(definition.body, body);
  bind_name(definition.name, decorate(value, decorators, frame, place), frame, place);
  return Flow::Next;
}

std::string_view Machine::qualified_name(const Frame& frame, std::string_view name) {
  std::string whole;
  const bool local = frame.kind == Frame::Kind::Function;
  whole.reserve(frame.qualified_name.size() + name.size() + (local ? 10 : 1));
  whole.append(frame.qualified_name).append(local ? ".<locals>." : ".").append(name);
  return intern(whole);
}

Block Machine::body_of(const Function& function) {
  if (function.definition == nullptr) return {};
  return function.definition->body_elided ? function.place.file->body(*function.definition)
                                          : function.definition->body;
}

bool Machine::is_generator(const Function& function) {
  if (function.definition == nullptr) return false;
  const auto [at, added] = generators_.try_emplace(function.definition, false);
  if (added) at->second = has_yield(body_of(function));
  return at->second;
}

}  // namespace torchdevice::gap

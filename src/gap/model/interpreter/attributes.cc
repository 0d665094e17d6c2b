#include <algorithm>
#include <string>

#include "gap/model/dotted_name.h"
#include "gap/model/interpreter/machine.h"
#include "gap/model/interpreter/standard_library.h"

namespace torchdevice::gap {
namespace {

std::string dotted(std::string_view owner, std::string_view name) {
  return std::string(owner) + "." + std::string(name);
}

/// What __getattr__ gave; null where it raises, which is how it says that there is no such
/// attribute.
Value* found_dynamically(Machine& machine, Value* getter, std::vector<Value*> arguments,
                         Place place) {
  Value* value =
      machine.call_function(getter, Arguments{.positional = std::move(arguments)}, place);
  const auto* unknown = value == nullptr ? nullptr : value->as<Unknown>();
  return unknown != nullptr && unknown->reason == Machine::kRaises ? nullptr : value;
}

Value* module_attribute(Machine& machine, const Module& module, std::string_view name) {
  if (name == "__name__") return machine.text(module.name);
  if (name == "__package__") {
    return machine.string(module.package ? module.name
                                         : module.name.substr(0, module.name.rfind('.')));
  }
  if (name == "__doc__" || name == "__file__" || name == "__path__" || name == "__spec__" ||
      name == "__loader__") {
    return machine.unknown("what the import system sets", {});
  }
  return nullptr;
}

/// Attributes that functions and classes share.
Value* definition_attribute(Machine& machine, Value* value, std::string_view qualified_name,
                            const Module* module, std::string_view name) {
  const auto* wrapper = value->as<Function>();
  if (wrapper != nullptr && wrapper->wrapped != nullptr &&
      (name == "__name__" || name == "__qualname__" || name == "__module__")) {
    return machine.attribute(wrapper->wrapped, name, {}, true);
  }
  if (name == "__name__") return machine.text(simple_name(qualified_name));
  if (name == "__module__" && module != nullptr) return machine.text(module->name);
  if (name == "__qualname__" && module != nullptr) {
    return machine.string(
        qualified_name.substr(std::min(qualified_name.size(), module->name.size() + 1)));
  }
  if (name == "__dict__") {
    return machine.make(BoundMethod{value, machine.external("namespace")});
  }
  if (name == "__doc__") return machine.unknown("a docstring", {});
  return nullptr;
}

Value* function_attribute(Machine& machine, Value* value, std::string_view name, Place place) {
  const auto& function = *value->as<Function>();
  if (Value* found =
          definition_attribute(machine, value, function.qualified_name, function.module, name)) {
    return found;
  }
  if (name == "__wrapped__") return function.wrapped;
  if (name == "__get__" || name == "__call__") {
    return machine.make(BoundMethod{value, machine.external(dotted("function", name))});
  }
  return machine.unknown("an attribute of a function", place);
}

Value* class_attribute(Machine& machine, Value* value, std::string_view name, Place place,
                       bool bind) {
  auto& cls = *value->as<Class>();
  if (Value* patch = machine.in_subject ? machine.patched(value, name) : nullptr) return patch;
  if (const Binding* binding = machine.find_in_class(value, name)) {
    if (!binding->alternatives.empty()) machine.ambiguous = true;
    Value* found = binding->definition.value;
    if (!bind) return found;
    found = machine.force(found);
    const auto* function = found->as<Function>();
    if (function != nullptr && function->binding == Function::Binding::Class) {
      return machine.make(BoundMethod{value, found});
    }
    return found;
  }
  if (Value* found = definition_attribute(machine, value, cls.qualified_name, cls.module, name)) {
    return found;
  }
  if (name == "__mro__" || name == "__bases__") {
    std::vector<Value*> items = name == "__mro__" ? machine.mro(value) : cls.bases;
    return machine.list(std::move(items), Sequence::Kind::Tuple);
  }
  if (cls.metaclass != nullptr) {
    Value* metaclass = machine.force(cls.metaclass);
    if (const Binding* binding = machine.find_in_class(metaclass, name)) {
      return machine.force(binding->definition.value);
    }
  }
  for (Value* base : machine.mro(value)) {
    const auto* external = base->as<External>();
    if (external == nullptr) continue;
    if (external->path == "builtins.object" || external->path.starts_with("typing.")) continue;
    return machine.external(dotted(external->path, name));
  }
  if (!machine.mro_complete(value)) return machine.unknown("a base class is not known", place);
  if (name == "__init__" || name == "__new__" || name == "__setattr__" ||
      name == "__getattribute__" || name == "__init_subclass__") {
    return machine.external(dotted("builtins.object", name));
  }
  if (!cls.names.holes.empty()) {
    return machine.unknown(machine.intern(cls.names.holes.front().reason), place);
  }
  return nullptr;
}

Value* instance_attribute(Machine& machine, Value* value, std::string_view name, Place place,
                          bool bind) {
  auto& instance = *value->as<Instance>();
  const Binding* own = instance.names.find(name);
  if (own != nullptr && !own->deleted) {
    if (!own->alternatives.empty()) machine.ambiguous = true;
    return own->definition.value;
  }
  if (Value* patch = machine.in_subject ? machine.patched(value, name) : nullptr) return patch;
  if (name == "__class__") return instance.type;
  if (name == "__dict__") return machine.make(BoundMethod{value, machine.external("namespace")});
  Value* type = machine.origin(instance.type);
  if (const auto* external = type->as<External>()) {
    // A string, list or number of a subclass; anything else is known by its type alone.
    return machine.make(BoundMethod{value, machine.external(dotted(external->path, name))});
  }
  if (type->as<Class>() == nullptr) return machine.unknown("its type is not known", place);
  if (const Binding* binding = machine.find_in_class(type, name)) {
    Value* found = machine.force(binding->definition.value);
    if (!bind) return found;
    if (const auto* function = found->as<Function>()) {
      if (function->binding == Function::Binding::Static) return found;
      const bool of_class = function->binding == Function::Binding::Class;
      return machine.make(BoundMethod{of_class ? type : value, found});
    }
    if (const auto* property = found->as<Property>()) {
      if (property->getter == nullptr) return machine.unknown("a property without getter", place);
      Arguments self{.positional = {value}};
      Value* got = machine.call_function(machine.force(property->getter), std::move(self), place);
      return got != nullptr ? got : machine.unknown("a property that raises", place);
    }
    return found;
  }
  if (const Binding* dynamic = machine.find_in_class(type, "__getattr__")) {
    Value* getter = machine.force(dynamic->definition.value);
    if (getter->as<Function>() == nullptr) return machine.unknown("__getattr__", place);
    return found_dynamically(machine, getter, {value, machine.string(name)}, place);
  }
  return class_attribute(machine, type, name, place, bind);
}

std::string_view builtin_type_name(const Value& value) {
  if (const auto* constant = value.as<Constant>()) {
    switch (constant->kind) {
      case Constant::Kind::String:
        return "str";
      case Constant::Kind::Bytes:
        return "bytes";
      case Constant::Kind::Number:
        return "number";
      default:
        return "object";
    }
  }
  if (const auto* sequence = value.as<Sequence>()) {
    switch (sequence->kind) {
      case Sequence::Kind::List:
        return "list";
      case Sequence::Kind::Tuple:
        return "tuple";
      case Sequence::Kind::Set:
        return "set";
    }
  }
  if (value.as<Dict>() != nullptr) return "dict";
  if (value.as<Property>() != nullptr) return "property";
  return "object";
}

}  // namespace

Namespace* Machine::namespace_of(Value* owner) {
  if (auto* module = owner->as<Module>()) return &module->names;
  if (auto* cls = owner->as<Class>()) return &cls->names;
  if (auto* instance = owner->as<Instance>()) return &instance->names;
  return nullptr;
}

const Binding* Machine::find_binding(std::string_view name, Frame& frame) {
  const auto live = [&](const Namespace& names) -> const Binding* {
    const Binding* binding = names.find(name);
    return binding != nullptr && !binding->deleted ? binding : nullptr;
  };
  const auto declared = [&](const std::vector<std::string_view>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (Frame* scope = &frame; scope != nullptr; scope = scope->outer) {
    if (scope != &frame && scope->kind == Frame::Kind::Class) continue;
    if (scope->kind == Frame::Kind::Module || declared(scope->globals)) break;
    if (const Binding* binding = live(*scope->names)) return binding;
  }
  return live(frame.module->names);
}

Value* Machine::lookup(std::string_view name, Frame& frame, Place place) {
  if (const Binding* binding = find_binding(name, frame)) {
    if (!binding->alternatives.empty()) ambiguous = true;
    return binding->definition.value;
  }
  if (Value* special = module_attribute(*this, *frame.module, name)) return special;
  if (is_builtin_name(name)) return external(dotted("builtins", name));
  if (!frame.module->names.holes.empty()) {
    return unknown(intern(frame.module->names.holes.front().reason), place);
  }
  return unknown("the name " + std::string(name) + " is not defined", place);
}

Value* Machine::attribute(Value* owner, std::string_view name, Place place, bool bind) {
  owner = force(owner);
  if (auto* module = owner->as<Module>()) {
    execute_module(owner);
    if (Value* patch = in_subject ? patched(owner, name) : nullptr) return patch;
    const Binding* binding = module->names.find(name);
    // `from package import module` in the package itself means the submodule.
    const auto* deferred = binding == nullptr || binding->deleted
                               ? nullptr
                               : binding->definition.value->as<Deferred>();
    const bool refers_to_itself = deferred != nullptr && deferred->forcing;
    if (name == "__all__" && is_compiled(*module)) return nullptr;  // only its stub has one
    if (binding != nullptr && !binding->deleted && !binding->stub_import && !refers_to_itself) {
      if (!binding->alternatives.empty()) ambiguous = true;
      return binding->definition.value;
    }
    if (Value* special = module_attribute(*this, *module, name)) return special;
    if (name == "__dict__") return make(BoundMethod{owner, external("namespace")});
    if (name == "__getattribute__") return make(BoundMethod{owner, external("module.getattr")});
    if (Value* child = submodule(*module, name)) return child;
    const Binding* dynamic = module->names.find("__getattr__");
    if (dynamic != nullptr && !dynamic->deleted && !module->executing) {
      Value* getter = force(dynamic->definition.value);
      if (getter->as<Function>() != nullptr) {
        return found_dynamically(*this, getter, {string(name)}, place);
      }
    }
    if (is_compiled(*module)) return external(dotted(module->name, name));
    if (module->executing) return unknown("it is used before its definition", place);
    if (!module->names.holes.empty()) {
      return unknown(intern(module->names.holes.front().reason), place);
    }
    return nullptr;
  }
  if (owner->as<Class>() != nullptr) return class_attribute(*this, owner, name, place, bind);
  if (owner->as<Instance>() != nullptr) return instance_attribute(*this, owner, name, place, bind);
  if (const auto* known = owner->as<External>()) {
    if (Value* patch = in_subject ? patched(owner, name) : nullptr) return patch;
    const std::string path = dotted(known->path, name);
    if (Value* value = known_value(*this, path)) return value;
    if (name == "__name__") return string(simple_name(known->path));
    return external(path);
  }
  if (owner->as<Function>() != nullptr) return function_attribute(*this, owner, name, place);
  if (owner->as<Unknown>() != nullptr) return owner;
  if (const auto* method = owner->as<BoundMethod>()) {
    const auto* function = method->function->as<External>();
    if (function != nullptr && function->path == "namespace") {
      return make(BoundMethod{owner, external(dotted("namespace", name))});
    }
    if (name == "__func__") return method->function;
    if (name == "__self__") return method->self;
    return attribute(method->function, name, place, bind);
  }
  if (const auto* partial = owner->as<Partial>()) {
    if (name == "func") return partial->callable;
    if (name == "args") return list(partial->arguments, Sequence::Kind::Tuple);
    return unknown("an attribute of a partial", place);
  }
  if (const auto* property = owner->as<Property>()) {
    Value* part = name == "fget"   ? property->getter
                  : name == "fset" ? property->setter
                  : name == "fdel" ? property->deleter
                                   : nullptr;
    if (part != nullptr) return part;
  }
  if (name == "__class__") return type_of(owner);
  return make(BoundMethod{owner, external(dotted(builtin_type_name(*owner), name))});
}

Value* Machine::attribute_or_unknown(Value* owner, std::string_view name, Place place) {
  Value* value = attribute(owner, name, place, true);
  if (value != nullptr) return value;
  return unknown("there is no attribute " + std::string(name), place);
}

Truth Machine::has_attribute(Value* owner, std::string_view name, Place place) {
  owner = force(owner);
  const Temporarily ambiguity(ambiguous, false);
  if (const auto* module = owner->as<Module>()) {
    // Stubs list what other builds of the same C module have: there, hasattr is a test of the
    // build.
    if (is_compiled(*module)) return Truth::Undecided;
  } else if (owner->as<Class>() == nullptr && owner->as<Instance>() == nullptr) {
    return Truth::Undecided;
  }
  Value* value = attribute(owner, name, place, false);
  if (value == nullptr) return Truth::False;
  value = force(value);
  if (ambiguous || value->as<Unknown>() != nullptr || value->as<External>() != nullptr) {
    const bool own_external = value->as<External>() != nullptr && !ambiguous &&
                              namespace_of(owner) != nullptr &&
                              namespace_of(owner)->find(name) != nullptr;
    if (!own_external) return Truth::Undecided;
  }
  const Binding* binding = namespace_of(owner)->find(name);
  const bool conditional = binding != nullptr && binding->definition.condition != nullptr;
  return conditional ? Truth::Undecided : Truth::True;
}

}  // namespace torchdevice::gap

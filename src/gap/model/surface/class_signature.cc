#include "gap/model/surface/class_signature.h"

#include <algorithm>
#include <string_view>

#include "gap/model/surface/generated_signature.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

/// Bases that give their classes no constructor.
bool has_no_constructor(std::string_view path) {
  return path == "builtins.object" || path == "abc.ABC" || path.starts_with("typing.") ||
         path.starts_with("typing_extensions.") || path.starts_with("collections.abc.");
}

bool is_enumeration(std::string_view path) { return path.starts_with("enum."); }

bool has_protocol_base(const Class& cls) {
  return std::ranges::any_of(cls.bases, [](const Value* base) {
    const auto* external = base->as<External>();
    return external != nullptr && is_typing_name(external->path, "Protocol");
  });
}

Value* own(const Class& cls, std::string_view name) {
  const Binding* binding = cls.names.find(name);
  return binding == nullptr || binding->deleted ? nullptr : binding->definition.value;
}

Value* metaclass_of(Interpreter& interpreter, const std::vector<Value*>& order) {
  for (Value* base : order) {
    const auto* cls = base->as<Class>();
    if (cls != nullptr && cls->metaclass != nullptr) {
      return interpreter.force(cls->metaclass);
    }
  }
  return nullptr;
}

Value* call_of_metaclass(Interpreter& interpreter, Value* metaclass) {
  if (metaclass == nullptr || metaclass->as<Class>() == nullptr) {
    return nullptr;
  }
  for (Value* base : interpreter.mro(metaclass)) {
    const auto* cls = base->as<Class>();
    if (Value* call = cls == nullptr ? nullptr : own(*cls, "__call__")) {
      return call;
    }
  }
  return nullptr;
}

Signature plain(const Class& cls, std::vector<Parameter> parameters) {
  Signature signature;
  signature.source = FactSource::Synthesized;
  signature.parameters = std::move(parameters);
  if (cls.place.file != nullptr) {
    signature.file = cls.place.file->path();
    signature.line = cls.place.file->line(cls.place.range.begin);
  }
  return signature;
}

/// What one class of the MRO itself says of construction; nothing where it says nothing.
std::optional<Constructor> own_constructor(Interpreter& interpreter, Value* base) {
  const auto& cls = *base->as<Class>();
  if (Value* method = own(cls, "__new__")) {
    return Constructor{.method = interpreter.force(method)};
  }
  if (Value* method = own(cls, "__init__")) {
    return Constructor{.method = interpreter.force(method)};
  }
  std::optional<Signature> generated = dataclass_signature(interpreter, base);
  if (!generated) {
    generated = namedtuple_signature(cls);
  }
  if (!generated && has_protocol_base(cls)) {
    generated = plain(cls, {{"args", ParameterKind::VarPositional, std::nullopt, ""},
                            {"kwargs", ParameterKind::VarKeyword, std::nullopt, ""}});
  }
  if (generated) {
    return Constructor{.generated = std::move(generated)};
  }
  return std::nullopt;
}

}  // namespace

Constructor constructor_of(Interpreter& interpreter, Value* value) {
  const auto& cls = *value->as<Class>();
  const std::vector<Value*> order = interpreter.mro(value);
  Value* metaclass = metaclass_of(interpreter, order);
  if (Value* call = call_of_metaclass(interpreter, metaclass)) {
    return {.method = interpreter.force(call)};
  }
  const bool enumeration = std::ranges::any_of(order, [](const Value* base) {
    const auto* external = base->as<External>();
    return external != nullptr && is_enumeration(external->path);
  });
  if (enumeration) {
    return {.generated = enum_signature(cls)};
  }
  std::string
      compiled;  // a C class without a constructor in its stub: it may have one all the same
  for (Value* base : order) {
    if (const auto* external = base->as<External>()) {
      if (has_no_constructor(external->path)) {
        continue;
      }
      return {.unknown = "its constructor is that of " + std::string(external->path) +
                         ", which is not read"};
    }
    if (base->as<Class>() == nullptr) {
      const auto* unknown = base->as<Unknown>();
      return {.unknown = "a base class is not known" +
                         (unknown == nullptr ? "" : ": " + std::string(unknown->reason))};
    }
    if (std::optional<Constructor> constructor = own_constructor(interpreter, base)) {
      return *constructor;
    }
    const auto& known = *base->as<Class>();
    if (compiled.empty() && known.place.file != nullptr && known.place.file->is_stub()) {
      compiled = known.qualified_name;
    }
  }
  if (!compiled.empty()) {
    return {.unknown = "the stub of " + compiled + " has no constructor"};
  }
  return {.generated = plain(cls, {})};
}

}  // namespace torchdevice::gap

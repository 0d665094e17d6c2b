#include <string>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

std::string_view Machine::defined_as(const Value* value) const {
  if (const auto* module = value->as<Module>()) return module->name;
  if (const auto* cls = value->as<Class>()) return cls->qualified_name;
  if (const auto* function = value->as<Function>()) return function->qualified_name;
  if (const auto* external = value->as<External>()) return external->path;
  if (const auto* method = value->as<BoundMethod>()) return defined_as(method->function);
  if (const auto* property = value->as<Property>(); property && property->getter != nullptr) {
    return defined_as(property->getter);
  }
  if (const auto* deferred = value->as<Deferred>()) {
    if (deferred->value != nullptr) return defined_as(deferred->value);
    if (deferred->decorated != nullptr) return defined_as(deferred->decorated);
  }
  return {};
}

std::string_view Machine::why_unknown(const Value* value) {
  if (const auto* unknown = value->as<Unknown>()) return unknown->reason;
  if (const auto* deferred = value->as<Deferred>()) {
    return deferred->value != nullptr ? why_unknown(deferred->value) : "it is not yet evaluated";
  }
  if (const auto* instance = value->as<Instance>()) {
    const std::string_view type = defined_as(instance->type);
    return type.empty() ? "an object" : intern("an object of type " + std::string(type));
  }
  const std::string_view name = defined_as(value);
  return name.empty() ? "a value of another type" : name;
}

}  // namespace torchdevice::gap

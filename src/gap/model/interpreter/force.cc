#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

Value* evaluate_deferred(Machine& machine, Deferred& deferred) {
  const Place place = deferred.place;
  if (deferred.expression != nullptr)
    return machine.evaluate(*deferred.expression, *deferred.frame);
  if (deferred.decorated != nullptr) {
    return machine.decorate(deferred.decorated, deferred.decorators, *deferred.frame, place);
  }
  if (deferred.owner != nullptr) {
    return machine.attribute_or_unknown(deferred.owner, deferred.attribute, place);
  }
  const bool stub = deferred.frame != nullptr && deferred.frame->stub;
  Value* module = machine.import_module(deferred.module, stub);
  if (module == nullptr) {
    return machine.unknown("there is no module " + std::string(deferred.module), place);
  }
  if (deferred.attribute.empty()) return module;
  return machine.attribute_or_unknown(module, deferred.attribute, place);
}

}  // namespace

Value* Machine::force(Value* value) {
  auto* deferred = value->as<Deferred>();
  if (deferred == nullptr) return value;
  if (deferred->value != nullptr) return deferred->value;
  if (deferred->forcing) return unknown("its value depends on itself", deferred->place);

  const Temporarily laziness(lazy, false);
  const Temporarily subject(in_subject, false);
  const Temporarily ambiguity(ambiguous, false);
  const ConditionScope scope(*this);
  deferred->forcing = true;
  Value* resolved = force(evaluate_deferred(*this, *deferred));
  deferred = value->as<Deferred>();
  deferred->forcing = false;
  // While modules are still being run, a name that is missing now may come later.
  if (executing_modules == 0 || resolved->as<Unknown>() == nullptr) deferred->value = resolved;
  return resolved;
}

}  // namespace torchdevice::gap

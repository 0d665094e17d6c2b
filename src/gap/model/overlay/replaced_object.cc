#include "gap/model/overlay/replaced_object.h"

#include <fmt/format.h>

#include <algorithm>

#include "gap/model/surface/public_names.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_public(std::string_view name) { return !name.starts_with('_'); }

void add_members(const Namespace& names, std::vector<std::string>& members) {
  for (const Binding& binding : names.bindings()) {
    if (is_public(binding.name) && !binding.deleted) members.emplace_back(binding.name);
  }
}

void add_members(Interpreter& interpreter, Value* value, ReplacedObject& object) {
  if (value->as<Module>() != nullptr) {
    std::vector<UnknownName> holes;
    for (const PublicName& name : public_names(interpreter, value, holes)) {
      object.members.emplace_back(name.name);
    }
    object.all_members_known = holes.empty();
  } else if (value->as<Class>() != nullptr) {
    for (Value* base : interpreter.mro(value)) {
      const auto* type = base->as<Class>();
      const auto* external = base->as<External>();
      if (type != nullptr) {
        add_members(type->names, object.members);
        object.all_members_known = object.all_members_known && type->names.holes.empty();
      } else if (external == nullptr || external->path != "builtins.object") {
        object.all_members_known = false;
      }
    }
  }
  std::sort(object.members.begin(), object.members.end());
  object.members.erase(std::unique(object.members.begin(), object.members.end()),
                       object.members.end());
}

ReplacedObject make_object(Interpreter& interpreter, Value* value, ObjectSignatures signatures) {
  ReplacedObject object;
  object.signatures = std::move(signatures.overloads);
  object.unknown = std::move(signatures.unknown);
  object.known = value->as<Unknown>() == nullptr && value->as<Deferred>() == nullptr;
  const bool callable = value->as<Function>() != nullptr || value->as<BoundMethod>() != nullptr ||
                        value->as<Partial>() != nullptr || !object.signatures.empty();
  object.kind = value->as<Class>() != nullptr    ? ComparedObject::Kind::Class
                : value->as<Module>() != nullptr ? ComparedObject::Kind::Module
                : callable                       ? ComparedObject::Kind::Callable
                                                 : ComparedObject::Kind::Value;
  if (value->as<External>() != nullptr && object.signatures.empty()) {
    object.known = false;  // of C, or of a package that is not read
    if (object.unknown.empty()) {
      object.unknown = fmt::format("{} is not read", value->as<External>()->path);
    }
  }
  add_members(interpreter, value, object);
  return object;
}

std::string instance_text(Interpreter& interpreter, const Instance& instance) {
  if (instance.type == nullptr) return "an object";
  const std::string_view type = interpreter.defined_as(interpreter.force(instance.type));
  return fmt::format("an instance of {}", type.empty() ? "a class that is not known" : type);
}

std::string constant_text(const Constant& constant) {
  switch (constant.kind) {
    case Constant::Kind::None:
      return "None";
    case Constant::Kind::True:
      return "True";
    case Constant::Kind::False:
      return "False";
    case Constant::Kind::Ellipsis:
      return "...";
    case Constant::Kind::String:
      return fmt::format("\"{}\"", constant.text);
    default:
      return std::string(constant.text);
  }
}

}  // namespace

ReplacedObject original_object(Interpreter& interpreter, SignatureReader& reader, Value* value,
                               const std::string& name) {
  return make_object(interpreter, value, reader.read(value, name));
}

ReplacedObject replacement_object(Interpreter& interpreter, SignatureReader& reader, Value* value,
                                  const std::string& name, const WrapperFacts& facts) {
  if (facts.forwards_to != nullptr) {
    return make_object(interpreter, value, reader.read(facts.forwards_to, name));
  }
  const auto* function = value->as<Function>();
  if (function != nullptr && function->wrapped != nullptr && function->definition != nullptr) {
    ObjectSignatures own;
    own.overloads.push_back(signature_of(*function->definition, *function->place.file));
    own.unknown = function->undecided;
    return make_object(interpreter, value, std::move(own));
  }
  return make_object(interpreter, value, reader.read(value, name));
}

std::string describe_replacement(Interpreter& interpreter, Value* value,
                                 const WrapperFacts& facts) {
  std::string text(interpreter.defined_as(value));
  const Function* function = value->as<Function>();
  if (const auto* constant = value->as<Constant>()) {
    text = "a constant: " + constant_text(*constant);
  } else if (const auto* unknown = value->as<Unknown>()) {
    text = fmt::format("not known: {}", unknown->reason);
  } else if (const auto* instance = value->as<Instance>()) {
    text = instance_text(interpreter, *instance);
  } else if (const auto* partial = value->as<Partial>()) {
    text = fmt::format("a partial of {}",
                       interpreter.defined_as(interpreter.force(partial->callable)));
  } else if (const auto* method = value->as<BoundMethod>()) {
    text = interpreter.defined_as(interpreter.force(method->function));
  } else if (function != nullptr && function->lambda != nullptr) {
    text = fmt::format("a lambda at {}", function->place.text());
  } else if (text.empty()) {
    text = "a value";
  }
  if (!facts.constant.empty()) {
    text += fmt::format(", always {}", facts.constant);
  }
  if (!facts.changed.empty()) {
    text += fmt::format(", which changes {}", fmt::join(facts.changed, ", "));
  }
  return text;
}

}  // namespace torchdevice::gap

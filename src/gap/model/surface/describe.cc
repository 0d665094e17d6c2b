#include "gap/model/surface/describe.h"

#include <algorithm>
#include <utility>

#include "gap/model/signature/one_line.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_stub(const Place& place) { return place.file != nullptr && place.file->is_stub(); }

NameKind kind_of(const Value& value, bool is_member) {
  const NameKind callable = is_member ? NameKind::Method : NameKind::Function;
  const NameKind compiled = is_member ? NameKind::Method : NameKind::Builtin;
  if (value.as<Module>() != nullptr) {
    return NameKind::Module;
  }
  if (const auto* cls = value.as<Class>()) {
    return is_stub(cls->place) ? NameKind::Builtin : NameKind::Class;
  }
  if (const auto* function = value.as<Function>()) {
    return is_stub(function->place) ? compiled : callable;
  }
  if (value.as<BoundMethod>() != nullptr || value.as<Partial>() != nullptr) {
    return callable;
  }
  if (value.as<Property>() != nullptr) {
    return NameKind::Property;
  }
  if (const auto* external = value.as<External>()) {
    return external->path.starts_with("torch._C.") ? compiled : NameKind::Attribute;
  }
  return NameKind::Attribute;
}

/// The function that wrappers lead to.
const Function* written_function(Interpreter& interpreter, const Value* value) {
  const auto* function = value->as<Function>();
  for (int depth = 0; function != nullptr && function->wrapped != nullptr && depth < 20; ++depth) {
    const auto* inner = interpreter.force(function->wrapped)->as<Function>();
    if (inner == nullptr) {
      break;
    }
    function = inner;
  }
  return function;
}

/// Where the object itself is defined; without a file where sources do not tell.
Place place_of(Interpreter& interpreter, const Value* value) {
  if (const Function* function = written_function(interpreter, value)) {
    return function->place;
  }
  if (const auto* cls = value->as<Class>()) {
    return cls->place;
  }
  if (const auto* module = value->as<Module>()) {
    return {module->file, {}};
  }
  if (const auto* property = value->as<Property>()) {
    const Place getter = property->getter == nullptr
                             ? Place{}
                             : place_of(interpreter, interpreter.force(property->getter));
    return getter.file != nullptr ? getter : property->place;
  }
  if (const auto* instance = value->as<Instance>()) {
    return instance->place;
  }
  if (const auto* unknown = value->as<Unknown>()) {
    return unknown->place;
  }
  return {};
}

std::string_view deprecation(const Value* value) {
  if (const auto* function = value->as<Function>()) {
    return function->deprecated;
  }
  const auto* cls = value->as<Class>();
  return cls == nullptr ? std::string_view() : cls->deprecated;
}

std::vector<std::string> decorators_of(Interpreter& interpreter, const Value* value) {
  std::span<const Expr* const> decorators;
  const PythonFile* file = nullptr;
  if (const Function* function = written_function(interpreter, value)) {
    file = function->place.file;
    decorators = function->definition == nullptr ? decorators : function->definition->decorators;
  } else if (const auto* cls = value->as<Class>()) {
    file = cls->place.file;
    decorators = cls->definition == nullptr ? decorators : cls->definition->decorators;
  }
  std::vector<std::string> written;
  for (const Expr* decorator : decorators) {
    written.push_back(one_line(file->text(decorator->range)));
  }
  return written;
}

std::vector<std::string> bases_of(Interpreter& interpreter, const Class& cls) {
  std::vector<std::string> bases;
  for (Value* base : cls.bases) {
    const Value* known = interpreter.force(base);
    std::string name(interpreter.defined_as(known));
    if (const auto* external = known->as<External>()) {
      name = external->path;
    }
    if (!name.empty()) {
      bases.push_back(std::move(name));
    }
  }
  return bases;
}

/// Whether the sources of the object itself say how it is called.
bool has_own_signature(const Value* value) {
  const auto* function = value->as<Function>();
  return value->as<Class>() != nullptr ||
         (function != nullptr &&
          function->qualified_name.find("<locals>") == std::string_view::npos);
}

}  // namespace

SurfaceName Describer::describe(const std::string& path, const PublicName& name, Value* stub,
                                bool is_member, std::vector<UnknownName>& unknown) {
  Value* value = interpreter_.force(name.definition.value);
  SurfaceName entry;
  entry.name = path;
  entry.kind = kind_of(*value, is_member);
  entry.public_by = name.by;
  entry.defined_as = interpreter_.defined_as(value);
  if (const auto* external = value->as<External>()) {
    entry.defined_as = external->path;
  }
  Place place = place_of(interpreter_, value);
  if (place.file == nullptr) {
    place = name.definition.place;
  }
  if (place.file != nullptr) {
    entry.file = place.file->path();
    entry.line = place.file->line(place.range.begin);
  }
  if (name.definition.condition != nullptr) {
    entry.condition = one_line(name.definition.condition->text());
  }
  entry.deprecated = deprecation(value);
  entry.decorators = decorators_of(interpreter_, value);
  if (const auto* cls = value->as<Class>()) {
    entry.bases = bases_of(interpreter_, *cls);
  }
  // Of a class's data it matters little what it holds; of a module's name, whether it can be
  // called.
  if (const auto* not_known = is_member ? nullptr : value->as<Unknown>()) {
    const std::string where = not_known->place.text();
    unknown.push_back({path, std::string(not_known->reason),
                       where.empty() ? name.definition.place.text() : where});
  }
  add_signatures(entry, name, stub, unknown);
  return entry;
}

void Describer::add_signatures(SurfaceName& entry, const PublicName& name, Value* stub,
                               std::vector<UnknownName>& unknown) {
  Value* value = interpreter_.force(name.definition.value);
  if (entry.kind == NameKind::Property || entry.kind == NameKind::Module) {
    return;
  }
  ObjectSignatures read = signatures_.read(value, name.name);
  if (stub != nullptr && !has_own_signature(value)) {
    Value* in_stub = interpreter_.attribute(stub, name.name);
    if (in_stub != nullptr) {
      ObjectSignatures of_stub = signatures_.read(in_stub, name.name);
      append_new(of_stub.overloads, std::move(read.overloads));
      read.overloads = std::move(of_stub.overloads);
    }
  }
  for (const Definition& other : name.alternatives) {
    ObjectSignatures of_other = signatures_.read(interpreter_.force(other.value), name.name);
    for (Signature& signature : of_other.overloads) {
      signature.confidence = Confidence::Guessed;
    }
    append_new(read.overloads, std::move(of_other.overloads));
  }
  entry.signatures = std::move(read.overloads);
  if (!is_callable(entry.kind) || (!entry.signatures.empty() && read.unknown.empty())) {
    return;
  }
  const std::string reason = read.unknown.empty() ? "its signature is not known" : read.unknown;
  unknown.push_back({entry.name, reason,
                     entry.file.empty() ? "" : entry.file + ":" + std::to_string(entry.line)});
}

}  // namespace torchdevice::gap

#include "gap/model/surface/object_signatures.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "gap/model/dotted_name.h"
#include "gap/model/interpreter/frame.h"
#include "gap/model/signature/schema_signature.h"
#include "gap/model/surface/class_signature.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_compiled_torch(std::string_view path) { return path.starts_with("torch._C."); }

void set_place(Signature& signature, const Place& place) {
  if (place.file != nullptr) {
    signature.file = place.file->path();
    signature.line = place.file->line(place.range.begin);
  }
}

Signature written_signature(const Function& function) {
  Signature signature =
      function.definition != nullptr
          ? signature_of(*function.definition, *function.place.file)
          : signature_of(*function.lambda, *function.place.file, function.place.range);
  set_place(signature, function.place);
  return signature;
}

bool names(const Signature& signature, std::string_view name) {
  return std::ranges::find(signature.parameters, name, &Parameter::name) !=
         signature.parameters.end();
}

/// Whether every call of `schema` by name is one of `stub`.
bool covers(const Signature& stub, const Signature& schema) {
  return std::ranges::all_of(schema.parameters,
                             [&](const Parameter& p) { return names(stub, p.name); }) &&
         std::ranges::all_of(stub.parameters, [&](const Parameter& p) {
           return !p.required() || names(schema, p.name);
         });
}

bool same_parameters(const Signature& a, const Signature& b) {
  return std::ranges::equal(a.parameters, b.parameters, [](const Parameter& x, const Parameter& y) {
    return x.name == y.name && x.kind == y.kind;
  });
}

/// The branches of torch._jit_internal.boolean_dispatch, whose result takes `*args, **kwargs`.
std::vector<Value*> dispatched_branches(const Function& function) {
  std::vector<Value*> branches;
  if (function.qualified_name.find("boolean_dispatch") != std::string_view::npos &&
      function.closure != nullptr && function.closure->names != nullptr) {
    for (const std::string_view name : {"if_true", "if_false"}) {
      if (const Binding* branch = function.closure->names->find(name)) {
        branches.push_back(branch->definition.value);
      }
    }
  }
  return branches;
}

void append(ObjectSignatures& all, ObjectSignatures more) {
  append_new(all.overloads, std::move(more.overloads));
  if (all.unknown.empty()) {
    all.unknown = std::move(more.unknown);
  }
}

std::string constant_text(const Value* value) {
  if (const auto* constant = value->as<Constant>()) {
    switch (constant->kind) {
      case Constant::Kind::None:
        return "None";
      case Constant::Kind::True:
        return "True";
      case Constant::Kind::False:
        return "False";
      case Constant::Kind::Number:
        return std::string(constant->text);
      case Constant::Kind::String:
        return "'" + std::string(constant->text) + "'";
      default:
        break;
    }
  }
  return "...";
}

}  // namespace

void append_new(std::vector<Signature>& all, std::vector<Signature> more) {
  for (Signature& signature : more) {
    const bool known = std::ranges::any_of(
        all, [&](const Signature& other) { return other.text() == signature.text(); });
    if (!known) {
      all.push_back(std::move(signature));
    }
  }
}

Signature without_first_parameter(Signature signature) {
  if (!signature.parameters.empty() &&
      signature.parameters.front().kind != ParameterKind::VarPositional) {
    signature.parameters.erase(signature.parameters.begin());
  }
  return signature;
}

ObjectSignatures SignatureReader::read(Value* value, std::string_view name, int depth) {
  value = interpreter_.force(value);
  if (depth > kMaxDepth) {
    return {{}, "wrappers of wrappers: nested too deep"};
  }
  if (value->as<Function>() != nullptr) {
    return of_function(value, name, depth);
  }
  if (value->as<Class>() != nullptr) {
    return of_class(value, depth);
  }
  if (const auto* method = value->as<BoundMethod>()) {
    return of_bound(*method, name, depth);
  }
  if (const auto* partial = value->as<Partial>()) {
    return of_partial(*partial, name, depth);
  }
  if (const auto* instance = value->as<Instance>()) {
    return of_instance(*instance, depth);
  }
  if (const auto* external = value->as<External>()) {
    return of_external(*external, name);
  }
  return {};
}

ObjectSignatures SignatureReader::of_function(Value* value, std::string_view name, int depth) {
  const auto& function = *value->as<Function>();
  if (function.wrapped != nullptr) {
    ObjectSignatures wrapped = read(function.wrapped, name, depth + 1);
    if (!wrapped.overloads.empty()) {
      return wrapped;
    }
  }
  ObjectSignatures result;
  for (Value* branch : dispatched_branches(function)) {
    ObjectSignatures of_branch = read(branch, name, depth + 1);
    for (Signature& signature : of_branch.overloads) {
      signature.confidence = Confidence::Derived;
    }
    append(result, std::move(of_branch));
  }
  if (!result.overloads.empty() || function.place.file == nullptr) {
    return result;
  }
  const bool stub = function.place.file->is_stub();
  const bool is_overload = std::ranges::find(function.overloads, value) != function.overloads.end();
  if (!is_overload) {
    result.overloads.push_back(written_signature(function));
  }
  for (Value* overload : function.overloads) {
    const auto* other = interpreter_.force(overload)->as<Function>();
    if (other != nullptr && other->place.file != nullptr) {
      result.overloads.push_back(written_signature(*other));
      // Beside an implementation, overloads are what a type checker is told.
      if (!stub) {
        result.overloads.back().confidence = Confidence::Derived;
      }
    }
  }
  if (stub) {
    join_operator(function, result.overloads);
  }
  if (!function.undecided.empty()) {
    result.unknown = "it stands under " + std::string(function.undecided);
    for (Signature& signature : result.overloads) {
      signature.confidence = Confidence::Guessed;
    }
  }
  return result;
}

void SignatureReader::join_operator(const Function& function, std::vector<Signature>& overloads) {
  const std::string_view path = function.qualified_name;
  const std::optional<OperatorHome> home = operator_home(path);
  if (operators_ == nullptr || !home) {
    return;
  }
  const std::size_t from_stub = overloads.size();
  for (Signature& schema : signatures_of_operator(*operators_, simple_name(path), *home)) {
    const auto stubs = std::span(overloads).first(from_stub);
    if (std::ranges::none_of(stubs, [&](const Signature& stub) { return covers(stub, schema); })) {
      overloads.push_back(std::move(schema));
    }
  }
}

ObjectSignatures SignatureReader::of_class(Value* cls, int depth) {
  const Constructor constructor = constructor_of(interpreter_, cls);
  if (constructor.generated) {
    return {{*constructor.generated}, ""};
  }
  if (constructor.method == nullptr) {
    return {{}, constructor.unknown};
  }
  ObjectSignatures result = read(constructor.method, "__init__", depth + 1);
  if (result.overloads.empty() && result.unknown.empty()) {
    result.unknown = "its constructor is not known";
  }
  for (Signature& signature : result.overloads) {
    signature = without_first_parameter(std::move(signature));
  }
  return result;
}

ObjectSignatures SignatureReader::of_bound(const BoundMethod& method, std::string_view name,
                                           int depth) {
  ObjectSignatures result = read(method.function, name, depth + 1);
  for (Signature& signature : result.overloads) {
    signature = without_first_parameter(std::move(signature));
  }
  return result;
}

ObjectSignatures SignatureReader::of_partial(const Partial& partial, std::string_view name,
                                             int depth) {
  ObjectSignatures result = read(partial.callable, name, depth + 1);
  for (Signature& signature : result.overloads) {
    signature.confidence = std::max(signature.confidence, Confidence::Derived);
    for (std::size_t i = 0; i < partial.arguments.size(); ++i) {
      signature = without_first_parameter(std::move(signature));
    }
    // A parameter that has its value can still be given by keyword, and so can only be those after
    // it.
    bool keyword_only = false;
    for (Parameter& parameter : signature.parameters) {
      const auto given = std::ranges::find(partial.keywords, parameter.name,
                                           [](const auto& keyword) { return keyword.first; });
      if (given != partial.keywords.end()) {
        parameter.default_value = constant_text(interpreter_.force(given->second));
        keyword_only = true;
      }
      if (keyword_only && parameter.kind == ParameterKind::PositionalOrKeyword) {
        parameter.kind = ParameterKind::KeywordOnly;
      }
    }
  }
  return result;
}

ObjectSignatures SignatureReader::of_instance(const Instance& instance, int depth) {
  Value* type = instance.type == nullptr ? nullptr : interpreter_.force(instance.type);
  if (type == nullptr || type->as<Class>() == nullptr) {
    return {};
  }
  for (Value* base : interpreter_.mro(type)) {
    const auto* cls = base->as<Class>();
    const Binding* call = cls == nullptr ? nullptr : cls->names.find("__call__");
    if (call != nullptr && !call->deleted) {
      return of_bound({.self = nullptr, .function = call->definition.value}, "__call__", depth);
    }
  }
  return {};
}

ObjectSignatures SignatureReader::of_external(const External& external, std::string_view name) {
  ObjectSignatures result;
  const std::optional<OperatorHome> home = operator_home(external.path);
  if (operators_ != nullptr && home) {
    result.overloads = signatures_of_operator(*operators_, simple_name(external.path), *home);
  }
  std::optional<Signature> documented = signature_from_docstring(external.docstring, name);
  if (documented) {
    const bool known = std::ranges::any_of(result.overloads, [&](const Signature& signature) {
      return same_parameters(signature, *documented);
    });
    if (!known) {
      if (!result.overloads.empty()) {
        documented->confidence = Confidence::Guessed;
      }
      result.overloads.push_back(std::move(*documented));
    }
  }
  if (result.overloads.empty()) {
    result.unknown =
        is_compiled_torch(external.path)
            ? "defined in C: no stub, operator or docstring describes " + std::string(external.path)
            : "known only as " + std::string(external.path) + ", which is not read";
  }
  return result;
}

}  // namespace torchdevice::gap

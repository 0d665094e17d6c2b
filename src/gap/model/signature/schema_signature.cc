#include "gap/model/signature/schema_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "gap/model/dotted_name.h"

namespace torchdevice::gap {
namespace {

/// A type without its list brackets and `?`.
std::string element_annotation(std::string_view type) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"SymInt", "int | SymInt"},
      {"DeviceIndex", "int"},
      {"SymBool", "bool"},
      {"Scalar", "Number | complex"},
      {"ScalarType", "dtype"},
      {"QScheme", "qscheme"},
      {"Layout", "layout"},
      {"Device", "DeviceLikeType | None"},
      {"MemoryFormat", "memory_format"},
      {"Storage", "Storage | UntypedStorage"},
      {"Dimname", "str | EllipsisType | None"},
  };
  const auto* const found = std::ranges::find(kTypes, type, [](const auto& p) { return p.first; });
  return std::string(found == std::end(kTypes) ? type : found->second);
}

/// `T[]` or `T[n]`: n says that one T will do as well.
std::string list_annotation(std::string_view element, bool sized) {
  if (element == "int") {
    return sized ? "int | _size" : "_size";
  }
  if (element == "Tensor" || element == "Tensor?") {
    const std::string_view item = element == "Tensor" ? "Tensor" : "Tensor | None";
    return fmt::format("{0}tuple[{1}, ...] | list[{1}]", sized ? "Tensor | " : "", item);
  }
  const std::string item = element_annotation(element);
  const bool single = sized && element == "SymInt";
  return single ? fmt::format("{0} | Sequence[{0}]", item) : fmt::format("Sequence[{}]", item);
}

std::string annotation(std::string_view type) {
  if (type.ends_with('?')) {
    const std::string inner = annotation(type.substr(0, type.size() - 1));
    return inner.ends_with("| None") ? inner : inner + " | None";
  }
  if (type.ends_with(']')) {
    const std::size_t open = type.rfind('[');
    return list_annotation(type.substr(0, open), type.size() - open > 2);
  }
  return element_annotation(type);
}

std::string return_annotation(std::string_view type) {
  if (type.ends_with("[]")) {
    return fmt::format("tuple[{}, ...]", annotation(type.substr(0, type.size() - 2)));
  }
  return type == "Device" ? "device" : annotation(type);
}

std::string returns(const std::vector<OperatorReturn>& results) {
  if (results.empty()) {
    return "None";
  }
  if (results.size() == 1) {
    return return_annotation(results.front().type);
  }
  std::string items;
  for (const OperatorReturn& result : results) {
    items += (items.empty() ? "" : ", ") + return_annotation(result.type);
  }
  return "tuple[" + items + "]";
}

/// A schema's default as Python writes it.
std::string default_value(std::string_view written, std::string_view type) {
  if (written.starts_with('[') && written.ends_with(']')) {
    std::string items;
    std::size_t count = 0;
    for (const char c : written.substr(1, written.size() - 2)) {
      if (c != ' ') {
        items += c;
        items += c == ',' ? " " : "";
        count += c == ',' ? 1 : 0;
      }
    }
    return "(" + items + (!items.empty() && count == 0 ? ",)" : ")");
  }
  if (written == "Mean" || written == "Sum") {  // at::Reduction
    return written == "Mean" ? "1" : "2";
  }
  if (type.starts_with("MemoryFormat") && written != "None") {
    return "torch." + std::string(written);
  }
  if (type.starts_with("ScalarType") && written != "None") {
    return "torch." + std::string(written == "long" ? "int64" : written);
  }
  return std::string(written);
}

constexpr std::array<std::string_view, 4> kTensorOptions = {"dtype", "layout", "device",
                                                            "pin_memory"};

bool has_tensor_options(const FunctionSchema& schema) {
  return std::ranges::all_of(kTensorOptions, [&](std::string_view option) {
    return std::ranges::find(schema.arguments, option, &OperatorArgument::name) !=
           schema.arguments.end();
  });
}

bool is_tensor_option(const OperatorArgument& argument) {
  return argument.keyword_only &&
         std::ranges::find(kTensorOptions, argument.name) != kTensorOptions.end();
}

bool makes_tensor_of_nothing(const FunctionSchema& schema) {
  return std::ranges::any_of(schema.returns,
                             [](const OperatorReturn& r) { return is_tensor_like(r.type); }) &&
         std::ranges::none_of(schema.arguments, [](const OperatorArgument& argument) {
           return !argument.out && is_tensor_like(argument.type);
         });
}

void add_tensor_options(Signature& signature) {
  static constexpr std::array<std::array<std::string_view, 3>, 5> kOptions = {
      {{"dtype", "dtype | None", "None"},
       {"layout", "layout | None", "None"},
       {"device", "DeviceLikeType | None", "None"},
       {"pin_memory", "bool | None", "False"},
       {"requires_grad", "bool | None", "False"}}};
  for (const auto& [name, type, value] : kOptions) {
    signature.parameters.push_back(
        {std::string(name), ParameterKind::KeywordOnly, std::string(value), std::string(type)});
  }
}

void add_out(Signature& signature, const FunctionSchema& out, bool optional) {
  std::vector<std::string> types;
  for (const OperatorArgument& argument : out.arguments) {
    if (argument.out) {
      types.push_back(annotation(argument.type));
    }
  }
  std::string type = types.front();
  if (types.size() > 1) {
    type = fmt::format("tuple[{}]", fmt::join(types, ", "));
  }
  Parameter& parameter = signature.parameters.emplace_back();
  parameter.name = "out";
  parameter.kind = ParameterKind::KeywordOnly;
  parameter.annotation = optional ? type + " | None" : type;
  if (optional) {
    parameter.default_value = "None";
  }
}

std::string parameter_name(const OperatorArgument& argument, SchemaBinding binding) {
  const bool is_input =
      binding == SchemaBinding::Function && argument.name == "self" && argument.type == "Tensor";
  return is_input ? "input" : argument.name == "from" ? "from_" : argument.name;
}

/// `out`: the overload with the same arguments that writes to given tensors, or null.
Signature signature_of_schema(const Operator& op, const Operator* out, SchemaBinding binding,
                              const std::string& file) {
  Signature signature;
  signature.source = FactSource::Yaml;
  signature.confidence = Confidence::Derived;
  signature.file = file;
  signature.line = op.line;
  const FunctionSchema& schema = op.schema;
  const bool options = has_tensor_options(schema);
  if (binding == SchemaBinding::Method) {
    signature.parameters.push_back({"self", ParameterKind::PositionalOrKeyword, std::nullopt, ""});
  }
  for (const OperatorArgument& argument : schema.arguments) {
    const bool is_self = binding == SchemaBinding::Method && argument.name == "self";
    if (argument.out || is_self || (options && is_tensor_option(argument))) {
      continue;
    }
    Parameter& parameter = signature.parameters.emplace_back();
    parameter.name = parameter_name(argument, binding);
    parameter.kind =
        argument.keyword_only ? ParameterKind::KeywordOnly : ParameterKind::PositionalOrKeyword;
    parameter.annotation = annotation(argument.type);
    if (argument.default_value) {
      parameter.default_value = default_value(*argument.default_value, argument.type);
    }
  }
  if (schema.kind() == SchemaKind::Out) {
    add_out(signature, schema, false);
  } else if (out != nullptr) {
    add_out(signature, out->schema, true);
  }
  if (options || (makes_tensor_of_nothing(schema) && schema.kind() != SchemaKind::Out)) {
    add_tensor_options(signature);
  }
  signature.returns = returns(schema.returns);
  return signature;
}

/// Whether `out` has the arguments of `op`, and its own for the results; tensor options apart.
bool writes_results_of(const FunctionSchema& out, const FunctionSchema& op) {
  std::vector<std::pair<std::string_view, std::string_view>> given;
  std::vector<std::pair<std::string_view, std::string_view>> wanted;
  for (const OperatorArgument& argument : out.arguments) {
    if (!argument.out) {
      given.emplace_back(argument.name, argument.type);
    }
  }
  const bool options = has_tensor_options(op);
  for (const OperatorArgument& argument : op.arguments) {
    if (!options || !is_tensor_option(argument)) {
      wanted.emplace_back(argument.name, argument.type);
    }
  }
  return given == wanted;
}

}  // namespace

std::optional<OperatorHome> operator_home(std::string_view path) {
  static constexpr std::pair<std::string_view, OperatorHome> kHomes[] = {
      {"torch._C.TensorBase", {SchemaBinding::Method, ""}},
      {"torch._C._VariableFunctions", {SchemaBinding::Function, ""}},
      {"torch._C._nn", {SchemaBinding::Function, "nn"}},
      {"torch._C._linalg", {SchemaBinding::Function, "linalg"}},
      {"torch._C._special", {SchemaBinding::Function, "special"}},
      {"torch._C._fft", {SchemaBinding::Function, "fft"}},
      {"torch._C._sparse", {SchemaBinding::Function, "sparse"}},
      {"torch._C._nested", {SchemaBinding::Function, "nested"}},
  };
  const std::string_view owner = owner_of(path);
  const auto* const found = std::ranges::find(kHomes, owner, [](const auto& p) { return p.first; });
  return found == std::end(kHomes) ? std::nullopt : std::optional(found->second);
}

std::vector<Signature> signatures_of_operator(const Operators& operators, std::string_view name,
                                              const OperatorHome& home) {
  std::vector<const Operator*> outs;
  std::vector<const Operator*> others;
  for (const Operator* op : operators.overloads(name)) {
    const bool bound = home.binding == SchemaBinding::Method
                           ? op->is_method
                           : op->is_function && op->python_module == home.python_module;
    if (bound && op->generated_from.empty() && op->name_space == "aten") {
      (op->schema.kind() == SchemaKind::Out ? outs : others).push_back(op);
    }
  }
  std::vector<Signature> signatures;
  for (const Operator* op : others) {
    const auto out = std::ranges::find_if(
        outs, [&](const Operator* o) { return writes_results_of(o->schema, op->schema); });
    const Operator* twin = out == outs.end() ? nullptr : *out;
    if (twin != nullptr) {
      outs.erase(out);
    }
    signatures.push_back(signature_of_schema(*op, twin, home.binding, operators.path()));
  }
  for (const Operator* op : outs) {
    signatures.push_back(signature_of_schema(*op, nullptr, home.binding, operators.path()));
  }
  return signatures;
}

}  // namespace torchdevice::gap

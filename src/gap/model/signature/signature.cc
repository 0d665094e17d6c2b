#include "gap/model/signature/signature.h"

#include "gap/model/signature/one_line.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

std::string written(const Expr* expression, const PythonFile& file) {
  return expression == nullptr ? std::string() : one_line(file.text(expression->range));
}

std::vector<Parameter> parameters_of(std::span<const ParameterSyntax> written_parameters,
                                     const PythonFile& file) {
  std::vector<Parameter> parameters;
  parameters.reserve(written_parameters.size());
  for (const ParameterSyntax& syntax : written_parameters) {
    Parameter& parameter = parameters.emplace_back();
    parameter.name = syntax.name;
    parameter.kind = syntax.kind;
    parameter.annotation = written(syntax.annotation, file);
    if (syntax.default_value != nullptr) {
      parameter.default_value = written(syntax.default_value, file);
    }
  }
  return parameters;
}

Signature signature_at(std::span<const ParameterSyntax> parameters, const PythonFile& file,
                       std::uint32_t offset) {
  Signature signature;
  signature.parameters = parameters_of(parameters, file);
  signature.source = file.is_stub() ? FactSource::Stub : FactSource::Python;
  signature.file = file.path();
  signature.line = file.line(offset);
  return signature;
}

void append_parameter(std::string& text, const Parameter& parameter) {
  if (parameter.kind == ParameterKind::VarPositional) {
    text += '*';
  } else if (parameter.kind == ParameterKind::VarKeyword) {
    text += "**";
  }
  text += parameter.name;
  if (!parameter.annotation.empty()) {
    text += ": " + parameter.annotation;
  }
  if (parameter.default_value) {
    text += (parameter.annotation.empty() ? "=" : " = ") + *parameter.default_value;
  }
}

}  // namespace

std::string_view to_string(FactSource source) {
  switch (source) {
    case FactSource::Python:
      return "py";
    case FactSource::Stub:
      return "pyi";
    case FactSource::Yaml:
      return "yaml";
    case FactSource::Docstring:
      return "docstring";
    case FactSource::Synthesized:
      break;
  }
  return "synthesized";
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::Exact:
      return "exact";
    case Confidence::Derived:
      return "derived";
    case Confidence::Guessed:
      break;
  }
  return "guessed";
}

std::string_view to_string(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::PositionalOnly:
      return "positional_only";
    case ParameterKind::PositionalOrKeyword:
      return "positional_or_keyword";
    case ParameterKind::VarPositional:
      return "var_positional";
    case ParameterKind::KeywordOnly:
      return "keyword_only";
    case ParameterKind::VarKeyword:
      break;
  }
  return "var_keyword";
}

bool Parameter::required() const {
  return !default_value && kind != ParameterKind::VarPositional &&
         kind != ParameterKind::VarKeyword;
}

std::string Signature::text() const {
  std::string text = "(";
  bool positional_only = false;
  bool keyword_only = false;
  const auto separate = [&text] {
    if (text.size() > 1) {
      text += ", ";
    }
  };
  for (const Parameter& parameter : parameters) {
    if (positional_only && parameter.kind != ParameterKind::PositionalOnly) {
      text += ", /";
      positional_only = false;
    }
    positional_only = positional_only || parameter.kind == ParameterKind::PositionalOnly;
    if (parameter.kind == ParameterKind::KeywordOnly && !keyword_only) {
      separate();
      text += '*';
      keyword_only = true;
    }
    keyword_only = keyword_only || parameter.kind == ParameterKind::VarPositional;
    separate();
    append_parameter(text, parameter);
  }
  text += positional_only ? ", /)" : ")";
  if (!returns.empty()) {
    text += " -> " + returns;
  }
  return text;
}

Signature signature_of(const FunctionDef& function, const PythonFile& file) {
  const std::uint32_t offset = function.parameters.empty()
                                   ? function.body_range.begin
                                   : function.parameters.front().range.begin;
  Signature signature = signature_at(function.parameters, file, offset);
  signature.returns = written(function.returns, file);
  return signature;
}

Signature signature_of(const Lambda& lambda, const PythonFile& file, SourceRange range) {
  return signature_at(lambda.parameters, file, range.begin);
}

}  // namespace torchdevice::gap

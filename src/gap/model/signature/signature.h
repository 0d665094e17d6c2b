#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/python/python_ast.h"

namespace torchdevice::gap {

class PythonFile;

/// Where a fact was read.
enum class FactSource : std::uint8_t { Python, Stub, Yaml, Docstring, Synthesized };
/// Exact: the definition itself. Derived: joined from another source that describes the same object
/// (a schema, a decorator that is understood). Guessed: the best reading of something ambiguous.
enum class Confidence : std::uint8_t { Exact, Derived, Guessed };

std::string_view to_string(FactSource source);
std::string_view to_string(Confidence confidence);
std::string_view to_string(ParameterKind kind);  ///< "positional_only", "var_keyword", …

struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::PositionalOrKeyword;
  /// As written; absent where the parameter is required. "..." in a stub: a default, value unknown.
  std::optional<std::string> default_value;
  std::string annotation;  ///< as written; empty where there is none

  bool required() const;  ///< no default, and neither *args nor **kwargs
};

/// One way to call something. A method's signature has its `self` or `cls`.
struct Signature {
  std::vector<Parameter> parameters;
  std::string returns;  ///< the annotation as written; empty where there is none
  FactSource source = FactSource::Python;
  Confidence confidence = Confidence::Exact;
  std::string file;  ///< relative to the tree's root
  std::uint32_t line = 0;

  /// As in a stub: `(self, n: int = 1, /, *args, key: str | None = None) -> Tensor`.
  std::string text() const;
};

Signature signature_of(const FunctionDef& function, const PythonFile& file);
Signature signature_of(const Lambda& lambda, const PythonFile& file, SourceRange range);

/// The signature in a docstring's first line, as C functions of PyTorch carry it:
/// `det(A, *, out=None) -> Tensor`. `name` must be the function's. Nothing where there is none.
std::optional<Signature> signature_from_docstring(std::string_view docstring,
                                                  std::string_view name);

/// One spelling for all that mean the same: whitespace, quotes, `1e-05` and `1e-5`, `0x10` and
/// `16`, `Optional[X]`, `Union[X, None]` and `X | None` (sorted, flat), `typing.List` and `list`,
/// quoted annotations, `_int` and `int` of PyTorch's stubs, `torch.Tensor` and `Tensor`.
std::string normalise_default(std::string_view written);
std::string normalise_annotation(std::string_view written);

}  // namespace torchdevice::gap

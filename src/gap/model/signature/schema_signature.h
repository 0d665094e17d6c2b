#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gap/model/operators/operators.h"
#include "gap/model/signature/signature.h"

namespace torchdevice::gap {

/// How Python binds an operator.
enum class SchemaBinding : std::uint8_t { Function, Method };

/// Where Python finds an operator.
struct OperatorHome {
  SchemaBinding binding = SchemaBinding::Function;
  std::string_view python_module;  ///< of a function: "nn", "linalg", …; empty for `torch` itself
};

/// What torchgen binds under the dotted name of a C function: a method of tensors, or a function of
/// one of the C modules that operators are bound in. Nothing for any other name.
std::optional<OperatorHome> operator_home(std::string_view path);

/// The signatures under which PyTorch's bindings offer the operator's overloads to Python, by the
/// rules of its code generator: an out= overload is one with its functional twin, with an optional
/// `out`; a function's tensor `self` is named `input`; the four arguments of a tensor's options are
/// `dtype`, `layout`, `device`, `pin_memory` and `requires_grad`. Overloads that torchgen generates
/// have no binding. Empty where there is no such operator, or none bound there.
///
/// Types are exact; names and defaults too, but for what a binding is written by hand.
std::vector<Signature> signatures_of_operator(const Operators& operators, std::string_view name,
                                              const OperatorHome& home);

}  // namespace torchdevice::gap

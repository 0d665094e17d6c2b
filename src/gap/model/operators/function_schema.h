#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace torchdevice::gap {

struct OperatorArgument {
  std::string name;
  std::string type;   ///< without its alias annotation: "Tensor?", "SymInt[2]"
  std::string alias;  ///< the annotation: "a!", "a -> *"; empty where there is none
  std::optional<std::string> default_value;  ///< as written
  bool keyword_only = false;
  bool out = false;  ///< a keyword-only argument that is written to

  bool is_written() const { return alias.find('!') != std::string::npos; }
  bool operator==(const OperatorArgument&) const = default;
};

struct OperatorReturn {
  std::string name;  ///< empty where it has none
  std::string type;
  std::string alias;

  bool operator==(const OperatorReturn&) const = default;
};

/// How an operator gives its result.
enum class SchemaKind : std::uint8_t {
  Functional,
  Inplace,  ///< writes to self
  Out,      ///< writes to keyword-only arguments
  Mutable,  ///< writes to another positional argument
  Scratch,  ///< as Out, with arguments for intermediate results
};

/// A function schema: `add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) ->
/// Tensor(a!)`.
struct FunctionSchema {
  std::string name;                         ///< "add_"
  std::string overload;                     ///< "Tensor"; may be empty
  std::vector<OperatorArgument> arguments;  ///< in the schema's order
  std::vector<OperatorReturn> returns;

  std::string full_name() const;  ///< "add_.Tensor", or "add_"
  SchemaKind kind() const;
  std::string text() const;
};

class SchemaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads a schema as it stands in native_functions.yaml. The result's text() is `text`.
/// Throws SchemaError with what was expected and the column.
FunctionSchema parse_function_schema(std::string_view text);

/// The parts that an operator's base name spells.
struct BaseName {
  std::string base;      ///< "add"
  bool inplace = false;  ///< `add_`, `__iadd__`
  bool dunder = false;   ///< `__add__`
  bool functional =
      false;  ///< `…_functional`: beside an operator of this name that writes to arguments

  std::string text() const;
};
BaseName parse_base_name(std::string_view name);

bool is_tensor_like(std::string_view type);  ///< Tensor, and lists and optionals of it
bool is_symint_like(std::string_view type);

}  // namespace torchdevice::gap

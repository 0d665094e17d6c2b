#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/operators/function_schema.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

struct Kernel {
  std::string key;   ///< the dispatch key, "CUDA"
  std::string name;  ///< the C++ function
};

/// One overload of an ATen operator.
struct Operator {
  std::string name_space = "aten";
  FunctionSchema schema;
  bool is_function = true;        ///< `torch.add`; with python_module, `torch.linalg.…`
  bool is_method = false;         ///< `Tensor.add`
  std::string python_module;      ///< "nn", "linalg", …; empty for `torch` itself
  std::vector<std::string> tags;  ///< sorted; those that torchgen implies too
  /// The kernels that the file names, those for `ufunc_inner_loop` and the default
  /// CompositeImplicitAutograd too; sorted by key.
  std::vector<Kernel> kernels;
  bool structured = false;
  std::string structured_delegate;   ///< "add.out", whose kernels serve this one
  std::vector<std::string> autogen;  ///< overloads that torchgen writes beside this one
  bool device_check = true;          ///< arguments must be on one device (`ExactSame`)
  std::string generated_from;        ///< for an overload that torchgen writes: the one it calls
  std::uint32_t line = 0;            ///< in the file, of `generated_from` for a generated one

  const Kernel* kernel(std::string_view key) const;
};

/// How an operator is served at a dispatch key.
enum class ServedBy : std::uint8_t {
  Nothing,
  Own,        ///< a kernel of its own
  Delegate,   ///< the kernel of its structured delegate
  Composite,  ///< a kernel that is made of other operators: they must be served in their turn
  Generated,  ///< the shape function that torchgen makes of a structured operator, at Meta
};
std::string_view to_string(ServedBy served_by);

struct Resolution {
  ServedBy served_by = ServedBy::Nothing;
  const Operator* owner = nullptr;  ///< whose kernel it is; null for Nothing
  const Kernel* kernel = nullptr;   ///< null for Nothing and Generated

  explicit operator bool() const { return served_by != ServedBy::Nothing; }
};

/// PyTorch's operators by dispatch key, as native_functions.yaml says and torchgen completes it.
/// May be moved; pointers to operators stay valid. Reading is safe from any thread.
class Operators {
 public:
  /// In the file's order, then the generated ones.
  std::span<const Operator> all() const { return all_; }
  /// Null where there is no such overload; "add.Tensor", "relu".
  const Operator* find(std::string_view full_name) const;
  /// Every overload of "add".
  std::span<const Operator* const> overloads(std::string_view name) const;

  /// Which kernel serves tensors of a backend's dispatch key: "CUDA", "SparseCsrMPS".
  Resolution resolve(const Operator& op, std::string_view key) const;

  /// Where it was read; relative to the tree.
  const std::string& path() const { return path_; }
  /// Entries that could not be read, and fields that are not known: one line each, with place.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  friend Operators parse_operators(std::string path, std::string_view functions,
                                   std::string_view tags);
  std::string path_;
  std::vector<Operator> all_;
  std::vector<const Operator*> by_name_;  ///< sorted by name, then overload
  std::vector<std::string> problems_;
};

/// Reads the texts of native_functions.yaml, whose `path` is for messages, and tags.yaml, which may
/// be empty. Throws ReadError where they are no YAML or no lists.
Operators parse_operators(std::string path, std::string_view functions, std::string_view tags);

/// Reads native_functions.yaml and tags.yaml of an installed torchgen or a checkout.
/// Throws ReadError where the tree has none or they are no YAML.
Operators load_operators(const SourceTree& tree);

}  // namespace torchdevice::gap

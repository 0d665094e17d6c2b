#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/operators/operators.h"
#include "gap/model/signature/signature.h"

namespace torchdevice::gap {

/// How an object is called.
struct ObjectSignatures {
  std::vector<Signature> overloads;
  /// Why they are not known, or perhaps not these; empty where nothing is in doubt.
  std::string unknown;
};

/// Reads signatures off the interpreter's values, as inspect.signature would give them where it
/// can, and from stubs, operators and docstrings where it cannot. Stubs and operators are
/// PyTorch's.
class SignatureReader {
 public:
  /// `operators` may be null: then nothing is known of C functions without a stub.
  SignatureReader(Interpreter& interpreter, const Operators* operators)
      : interpreter_(interpreter), operators_(operators) {}

  /// `name` is the one under which callers find the object. A function's signatures have its
  /// `self`; a class has its constructor's without; anything else that can be called, that of the
  /// call. Empty for what cannot be called.
  ObjectSignatures read(Value* value, std::string_view name) { return read(value, name, 0); }

 private:
  static constexpr int kMaxDepth = 20;  ///< wrappers of wrappers

  ObjectSignatures read(Value* value, std::string_view name, int depth);
  ObjectSignatures of_function(Value* value, std::string_view name, int depth);
  ObjectSignatures of_class(Value* cls, int depth);
  ObjectSignatures of_bound(const BoundMethod& method, std::string_view name, int depth);
  ObjectSignatures of_partial(const Partial& partial, std::string_view name, int depth);
  ObjectSignatures of_instance(const Instance& instance, int depth);
  ObjectSignatures of_external(const External& external, std::string_view name);
  /// Adds the operator's overloads that none of the stub's covers.
  void join_operator(const Function& function, std::vector<Signature>& overloads);

  Interpreter& interpreter_;
  const Operators* operators_;
};

/// Adds those of `more` that are spelled otherwise than every one of `all`.
void append_new(std::vector<Signature>& all, std::vector<Signature> more);

/// Without the first parameter, which a bound method or a constructor fills; unchanged where it
/// begins with `*args`.
Signature without_first_parameter(Signature signature);

}  // namespace torchdevice::gap

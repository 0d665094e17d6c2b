#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gap/model/backend/cpp_evaluator.h"
#include "gap/model/overlay/overlay.h"

namespace torchdevice::gap {

/// What calls of PyTorch's, pybind11's and CPython's functions register: kernels, fallbacks, names
/// of torch._C, and the slots of hooks, guards and allocators.
class Registrations final : public CppLibrary {
 public:
  /// Names of operators by the structs of `at::_ops`: "add_Tensor" -> "add.Tensor"; asked once.
  using OperatorStructs = std::function<std::unordered_map<std::string, std::string>()>;

  explicit Registrations(OperatorStructs structs);

  CppValue* call(CppEvaluator& evaluator, const CppCall& call) override;
  void assign(CppEvaluator& evaluator, CppValue& object, std::string_view field, CppValue& value,
              const CppPlace& place) override;
  CppValue* name(CppEvaluator& evaluator, std::string_view name, const CppPlace& place) override;
  CppValue* parameter(CppEvaluator& evaluator, const CppNode& parameter,
                      const CppPlace& function) override;
  bool enter(CppEvaluator& evaluator, const CppPlace& function, CppScope& scope) override;
  void missing_definition(const CppCall& call) override;
  bool is_of_interest(std::string_view name) const override;

  std::vector<Patch> patches;
  std::vector<UnknownPatch> unknown;

 private:
  struct Entry;

  CppValue* call_member(CppEvaluator& evaluator, const CppCall& call);
  CppValue* library_member(CppEvaluator& evaluator, const CppCall& call);
  CppValue* python_member(CppEvaluator& evaluator, const CppCall& call);
  CppValue* call_dispatcher(CppEvaluator& evaluator, const CppCall& call);
  CppValue* call_slot(CppEvaluator& evaluator, const CppCall& call);
  CppValue* call_python(CppEvaluator& evaluator, const CppCall& call);

  /// One Patch for each name that `name` can be; what it cannot tell goes to `unknown`.
  void add(CppEvaluator& evaluator, const CppCall& call, const Entry& entry, const CppValue& name);
  void emit(CppEvaluator& evaluator, const CppPlace& place, PatchKind kind, std::string target,
            std::string how, std::string replacement);
  void add_unknown(const CppPlace& place, std::string what, std::string reason);
  void bind(CppEvaluator& evaluator, const CppValue& owner, const CppValue& name,
            const CppValue* value, const CppCall& call);
  bool binds_to_torch(const CppValue& owner);
  void bind_table(CppEvaluator& evaluator, const CppValue& owner, const CppValue& table,
                  const CppCall& call);
  void bind_members(CppEvaluator& evaluator, const CppValue& owner, const CppValue& type,
                    const CppCall& call, int depth);

  OperatorStructs load_structs_;
  std::unordered_map<std::string, std::string> structs_;
  bool structs_loaded_ = false;
  std::unordered_set<std::string> seen_;
};

/// The name of a dispatch key: "CUDA" of "c10::DispatchKey::CUDA", "at::kCUDA", "c10::kCUDA".
std::string dispatch_key_name(std::string_view written);

/// A function as a Patch shows it: "foo" of "TORCH_FN(foo)" and "&foo"; long code cut short.
std::string describe_callee(std::string written);

}  // namespace torchdevice::gap

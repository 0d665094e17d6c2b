#include "gap/model/backend/backend.h"

#include <algorithm>
#include <unordered_map>

#include "gap/model/backend/cpp_evaluator.h"
#include "gap/model/backend/hook_classes.h"
#include "gap/model/backend/registrations.h"
#include "gap/model/operators/operators.h"

namespace torchdevice::gap {
namespace {

/// The structs of ATen/ops/*_ops.h are named after operators: `add_Tensor` is "add.Tensor".
std::unordered_map<std::string, std::string> operator_structs(const SourceTree& torch,
                                                              std::vector<std::string>& problems) {
  std::unordered_map<std::string, std::string> result;
  try {
    const Operators operators = load_operators(torch);
    for (const Operator& op : operators.all()) {
      const FunctionSchema& schema = op.schema;
      result.emplace(schema.overload.empty() ? schema.name : schema.name + "_" + schema.overload,
                     schema.full_name());
    }
  } catch (const ReadError& error) {
    problems.emplace_back(error.what());
  }
  return result;
}

}  // namespace

Backend read_backend(const SourceTree& subject, const SourceTree& torch, unsigned threads) {
  const CppProgram program(subject, threads);
  Backend result;
  result.problems = program.problems();
  Registrations registrations([&] { return operator_structs(torch, result.problems); });
  CppEvaluator evaluator(program, registrations);
  evaluator.run_all();
  if (evaluator.exhausted()) {
    result.problems.emplace_back(
        "the C++ sources: the analysis stopped after too many steps; what it found may not be all");
  }
  result.patches = std::move(registrations.patches);
  result.unknown = std::move(registrations.unknown);
  std::vector<Patch> overrides = hook_overrides(program);
  std::move(overrides.begin(), overrides.end(), std::back_inserter(result.patches));
  std::stable_sort(result.patches.begin(), result.patches.end(),
                   [](const Patch& a, const Patch& b) { return a.file < b.file; });
  return result;
}

}  // namespace torchdevice::gap

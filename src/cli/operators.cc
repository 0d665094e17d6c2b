#include "cli/operators.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/operators_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/terminal.h"
#include "gap/model/operators/dispatch_key.h"

namespace torchdevice::cli {

namespace {

struct OperatorsOptions : AnalyzerOptions {
  std::vector<std::string> names;
  std::vector<std::string> keys = {"CPU", "CUDA", "MPS"};
};

/// "add" names every overload, "add.Tensor" one. Throws ReadError for a name that there is not.
std::vector<const gap::Operator*> chosen(const gap::Operators& operators,
                                         const gap::TorchIdentity& torch,
                                         const std::vector<std::string>& names) {
  std::vector<const gap::Operator*> found;
  for (const std::string& name : names) {
    const auto overloads = operators.overloads(name);
    const gap::Operator* one = operators.find(name);
    if (overloads.empty() && one == nullptr) {
      throw gap::ReadError(
          fmt::format("{}: PyTorch {} has no such operator: name one as add or add.Tensor", name,
                      torch.version));
    }
    if (overloads.empty()) {
      found.push_back(one);
    } else {
      found.insert(found.end(), overloads.begin(), overloads.end());
    }
  }
  if (names.empty()) {
    for (const gap::Operator& op : operators.all()) {
      found.push_back(&op);
    }
  }
  return found;
}

/// Throws ReadError for a key that neither a kernel nor a backend has.
void check_keys(const gap::Operators& operators, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const bool registered = std::ranges::any_of(
        operators.all(), [&](const gap::Operator& op) { return op.kernel(key) != nullptr; });
    if (!registered && !gap::serves("CompositeImplicitAutograd", key)) {
      throw gap::ReadError(fmt::format("{}: no backend's dispatch key; one is SparseCUDA", key));
    }
  }
}

int show(const OperatorsOptions& options, const Tool& tool) {
  OperatorsResult result;
  const gap::TorchSource torch = torch_of(options, tool);
  result.torch = torch.identity;
  result.operators = gap::load_operators(*torch.tree);
  check_keys(result.operators, options.keys);
  result.mps = gap::load_mps_support(*torch.tree);
  result.shown = chosen(result.operators, result.torch, options.names);
  result.keys = options.keys;
  std::string text;
  switch (options.format) {
    case Format::Text:
      text = to_text(result, options.output.empty() && shows_colour(STDOUT_FILENO));
      break;
    case Format::Json:
      text = to_json(result);
      break;
    case Format::Csv:
      text = to_csv(result);
      break;
  }
  write_output(text, options.output);
  return 0;
}

}  // namespace

Command add_operators(CLI::App& app, const Tool& tool) {
  const auto options = std::make_shared<OperatorsOptions>();
  CLI::App* operators = app.add_subcommand(
      "operators", "Show which kernel serves each operator of PyTorch on which backend");
  operators->add_option("NAME", options->names, "Operators: add, add.Tensor (all)")->type_name("");
  operators->add_option("--key", options->keys, "Dispatch keys, such as SparseCUDA (CPU CUDA MPS)")
      ->type_name("KEY");
  add_torch_options(*operators, *options);
  add_result_options(*operators, *options);
  operators->footer(
      "Examples:\n"
      "  torchdevice operators add linalg_eig\n"
      "  torchdevice operators --key CUDA --key SparseCUDA --format csv\n"
      "  torchdevice operators --torch torch-2.13.0-cp311-cp311-macosx_14_0_arm64.whl --format "
      "json");
  return {operators, [options, &tool] { return show(*options, tool); }};
}

}  // namespace torchdevice::cli

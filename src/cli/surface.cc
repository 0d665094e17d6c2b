#include "cli/surface.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/csv_output.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/surface_text.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::cli {

namespace {

constexpr const char* kExamples = R"(Examples:
  torchdevice surface                          what the scope shipped for PyTorch covers
  torchdevice surface torch.cuda               one module and its public submodules
  torchdevice surface torch.Tensor.to          one function: every overload
  torchdevice surface --torch torch-2.13.0-cp311-cp311-macosx_14_0_arm64.whl --format json
  torchdevice surface --all --format csv --output names.csv)";

struct Question {
  std::vector<std::string> names;
  AnalyzerOptions options;
};

/// Whether something is known about `name` or what is in it. What no source has a place for is not.
bool is_covered(const gap::Surface& surface, const std::string& name) {
  const auto about = [&name](const auto& entry) {
    return entry.name == name || entry.name.starts_with(name + ".");
  };
  return std::ranges::any_of(surface.names, about) ||
         std::ranges::any_of(surface.unknown, [&](const gap::UnknownName& unknown) {
           return about(unknown) && !unknown.place.empty();
         });
}

std::string rendered(const gap::Surface& surface, const AnalyzerOptions& options) {
  switch (options.format) {
    case Format::Json:
      return to_json(surface);
    case Format::Csv:
      return to_csv(surface);
    case Format::Text:
      break;
  }
  return to_text(surface, Paint(options.output.empty() && shows_colour(STDOUT_FILENO)));
}

int run(const Question& question, const Tool& tool) {
  const gap::Scope scope = scope_of(question.options, question.names);
  const gap::TorchSource torch = torch_of(question.options, tool);
  const gap::Surface surface = surface_of(torch, scope, question.options, tool);
  warn(surface.problems);
  for (const std::string& name : question.names) {
    if (!is_covered(surface, name)) {
      std::cerr << "torchdevice: PyTorch " << surface.torch.version << " has no " << name
                << ": give the dotted name of a module, class or function\n";
      return kUsageError;
    }
  }
  write_output(rendered(surface, question.options), question.options.output);
  return 0;
}

}  // namespace

Command add_surface(CLI::App& app, const Tool& tool) {
  CLI::App* surface =
      app.add_subcommand("surface", "List PyTorch's public names and signatures, from its sources");
  surface->footer(kExamples);
  const auto question = std::make_shared<Question>();
  CLI::Option* names = surface->add_option("NAME", question->names,
                                           "Modules, classes and functions (those in the scope)");
  names->type_name("");
  add_torch_options(*surface, question->options);
  add_scope_options(*surface, question->options);
  names->excludes(surface->get_option("--scope"))->excludes(surface->get_option("--all"));
  add_result_options(*surface, question->options);
  add_reading_options(*surface, question->options);
  return {surface, [question, &tool] { return run(*question, tool); }};
}

}  // namespace torchdevice::cli

#include "cli/patches.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "cli/csv_output.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/surface_text.h"
#include "cli/table.h"
#include "gap/model/overlay/overlay.h"

namespace torchdevice::cli {

namespace {

using gap::Patch;
using gap::Verdict;

constexpr const char* kExamples = R"(Examples:
  torchdevice patches site-packages/torch_npu          an installed package
  torchdevice patches torchada-0.1-py3-none-any.whl    a wheel, read in place
  torchdevice patches compat.py --torch torch-2.13.0-cp311-cp311-macosx_14_0_arm64.whl
  torchdevice patches src/backend --format json        C++ that registers kernels and hooks)";

struct Question {
  std::string subject;
  AnalyzerOptions options;
};

fmt::text_style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Match:
    case Verdict::Passthrough:
      return kGood;
    case Verdict::Mismatch:
    case Verdict::Absent:
      return kBad;
    case Verdict::AcceptsAny:
    case Verdict::Unknown:
      return kDoubtful;
    case Verdict::NotApplicable:
      break;
  }
  return kQuiet;
}

/// What stands beside a patch: by what, when, and what is different.
std::string remark(const Patch& patch) {
  std::string text = patch.replacement;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (!patch.condition.empty()) {
    add("if " + patch.condition);
  }
  if (patch.temporary) {
    add("for a while");
  }
  if (!patch.reached) {
    add("only in a function that nothing here calls");
  }
  if (!patch.superseded_by.empty()) {
    add("superseded by " + patch.superseded_by);
  }
  return text;
}

std::string summary(const gap::Overlay& overlay) {
  std::map<std::string_view, std::size_t> kinds;
  std::size_t mismatches = 0;
  for (const Patch& patch : overlay.patches) {
    ++kinds[gap::to_string(patch.kind)];
    mismatches += patch.comparison.verdict == Verdict::Mismatch ? 1 : 0;
  }
  std::string text = fmt::format("{} on PyTorch {}: {} patches", overlay.subject,
                                 describe(overlay.torch), overlay.patches.size());
  for (const auto& [kind, count] : kinds) {
    text += fmt::format(", {} {}", count, kind);
  }
  return text + fmt::format("; {} break valid calls; {} known only at run time", mismatches,
                            overlay.unknown.size());
}

void add_rows(Table& table, const Patch& patch) {
  const Verdict verdict = patch.comparison.verdict;
  table.add({{std::to_string(patch.line), kQuiet},
             {std::string(gap::to_string(patch.kind))},
             {patch.target, kAccent},
             {std::string(gap::to_string(verdict)), style_of(verdict)},
             {patch.how, kQuiet},
             {remark(patch)}});
  for (const gap::Difference& difference : patch.comparison.differences) {
    table.add({{""},
               {""},
               {"  " + (difference.detail.empty() ? std::string(to_string(difference.what))
                                                  : difference.detail),
                difference.breaks_valid_calls ? kBad : kQuiet}});
  }
}

std::string to_text(const gap::Overlay& overlay, const Paint& paint) {
  std::string out = paint(kHeading, summary(overlay)) + "\n";
  Table table;
  const std::string* file = nullptr;
  const auto print = [&] {
    if (file != nullptr) {
      out += fmt::format("\n{}\n", paint(kHeading, *file));
      table.print(out, paint, "  ");
      table = Table();
    }
  };
  for (const Patch& patch : overlay.patches) {
    if (file == nullptr || *file != patch.file) {
      print();
      file = &patch.file;
    }
    add_rows(table, patch);
  }
  print();
  if (!overlay.unknown.empty()) {
    Table unknown;
    for (const gap::UnknownPatch& patch : overlay.unknown) {
      unknown.add({{patch.place, kQuiet}, {patch.what, kDoubtful}, {patch.reason}});
    }
    out += fmt::format("\n{}\n", paint(kHeading, "What only a run can know"));
    unknown.print(out, paint, "  ");
  }
  return out;
}

std::string rendered(const gap::Overlay& overlay, const AnalyzerOptions& options) {
  switch (options.format) {
    case Format::Json:
      return to_json(overlay);
    case Format::Csv:
      return to_csv(overlay);
    case Format::Text:
      break;
  }
  return to_text(overlay, Paint(options.output.empty() && shows_colour(STDOUT_FILENO)));
}

int run(const Question& question, const Tool& tool) {
  const AnalyzerOptions& options = question.options;
  const gap::TorchSource torch = torch_of(options, tool);
  const gap::Overlay overlay = overlay_of(question.subject, torch, options, tool);
  warn(overlay.problems);
  write_output(rendered(overlay, options), options.output);
  return 0;
}

}  // namespace

Command add_patches(CLI::App& app, const Tool& tool) {
  CLI::App* patches = app.add_subcommand(
      "patches", "List what a package does to PyTorch, and what callers notice of it");
  patches->footer(kExamples);
  const auto question = std::make_shared<Question>();
  patches
      ->add_option("SUBJECT", question->subject, "A package's folder, a wheel, or one Python file")
      ->required()
      ->type_name("");
  add_torch_options(*patches, question->options);
  add_result_options(*patches, question->options);
  add_reading_options(*patches, question->options);
  return {patches, [question, &tool] { return run(*question, tool); }};
}

}  // namespace torchdevice::cli

#include "cli/diff.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/csv_output.h"
#include "cli/diff_text.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "gap/model/diff/diff.h"

namespace torchdevice::cli {

namespace {

constexpr const char* kExamples = R"(Examples:
  torchdevice diff torch-2.12.1-cp311-cp311-macosx_14_0_arm64.whl torch-2.13.0-….whl
  torchdevice diff old/site-packages new/site-packages --all --format json
  torchdevice diff OLD NEW --for site-packages/torch_npu     what concerns one package

OLD and NEW are site-packages or torch folders, wheels, or checkouts.)";

struct Question {
  std::string old_torch;
  std::string new_torch;
  std::string subject;
  AnalyzerOptions options;
};

/// What a release is compared by.
struct ReadRelease {
  gap::Surface surface;
  std::optional<gap::Operators> operators;
};

ReadRelease read_release(const gap::TorchSource& torch, const gap::Scope& scope,
                         const Question& question, const Tool& tool) {
  ReadRelease release{surface_of(torch, scope, question.options, tool), std::nullopt};
  try {
    release.operators = gap::load_operators(*torch.tree);
  } catch (const gap::ReadError& error) {
    release.surface.problems.push_back(fmt::format("operators are not compared: {}", error.what()));
  }
  return release;
}

/// Adds what the subject touches to the scope, private names included.
void add_touched(gap::Scope& scope, const gap::Overlay& overlay, const gap::Mentions& mentions) {
  std::set<std::string> names;
  for (const gap::Patch& patch : overlay.patches) {
    if (patch.target.starts_with("torch.")) {
      names.insert(patch.target);
    }
  }
  for (const gap::Mention& mention : mentions.names) {
    const bool star = mention.name.ends_with(".*");
    names.insert(star ? mention.name.substr(0, mention.name.size() - 2) : mention.name);
  }
  for (const gap::ScopeEntry& entry : scope.entries) {
    names.erase(entry.name);
  }
  for (const std::string& name : names) {
    scope.entries.push_back({name, 1, false});
  }
}

/// Lists what the subject mentions and no source of either release has (and so has no place).
void add_unknown_mentions(gap::SurfaceDiff& diff, const gap::Mentions& mentions,
                          const gap::Surface& old, const gap::Surface& now) {
  const auto lacks = [](const gap::Surface& surface, const std::string& name) {
    const auto found = std::ranges::find(surface.unknown, name, &gap::UnknownName::name);
    return found != surface.unknown.end() && found->place.empty();
  };
  for (const gap::Mention& mention : mentions.names) {
    if (lacks(old, mention.name) && lacks(now, mention.name)) {
      diff.unknown.push_back({mention.name, "in the sources of neither release", mention.place});
    }
  }
}

std::string rendered(const gap::SurfaceDiff& diff, const AnalyzerOptions& options) {
  switch (options.format) {
    case Format::Json:
      return to_json(diff);
    case Format::Csv:
      return to_csv(diff);
    case Format::Text:
      break;
  }
  return to_text(diff, Paint(options.output.empty() && shows_colour(STDOUT_FILENO)));
}

int run(const Question& question, const Tool& tool) {
  const gap::TorchSource old_torch = gap::open_torch(question.old_torch);
  const gap::TorchSource new_torch = gap::open_torch(question.new_torch);
  gap::Scope scope = scope_of(question.options, {});
  gap::Overlay overlay;
  gap::Mentions mentions;
  if (!question.subject.empty()) {
    overlay = overlay_of(question.subject, old_torch, question.options, tool);
    mentions = gap::mentions_of(*gap::SourceTree::open(question.subject), "torch");
    add_touched(scope, overlay, mentions);
  }
  const ReadRelease old = read_release(old_torch, scope, question, tool);
  const ReadRelease now = read_release(new_torch, scope, question, tool);
  gap::SurfaceDiff diff =
      gap::diff_surfaces({old.surface, old.operators ? &*old.operators : nullptr},
                         {now.surface, now.operators ? &*now.operators : nullptr});
  if (!question.subject.empty()) {
    gap::keep_touched(diff, overlay, mentions);
    add_unknown_mentions(diff, mentions, old.surface, now.surface);
    diff.problems.insert(diff.problems.end(), overlay.problems.begin(), overlay.problems.end());
    std::ranges::copy_if(
        mentions.problems, std::back_inserter(diff.problems), [&](const std::string& problem) {
          return std::ranges::find(overlay.problems, problem) == overlay.problems.end();
        });
  }
  warn(diff.problems);
  write_output(rendered(diff, question.options), question.options.output);
  return 0;
}

}  // namespace

Command add_diff(CLI::App& app, const Tool& tool) {
  CLI::App* diff = app.add_subcommand(
      "diff", "Say what changed between two releases of PyTorch, cause by cause");
  diff->footer(kExamples);
  const auto question = std::make_shared<Question>();
  diff->add_option("OLD", question->old_torch, "The release to start from")
      ->required()
      ->type_name("");
  diff->add_option("NEW", question->new_torch, "The release to compare with it")
      ->required()
      ->type_name("");
  diff->add_option("--for", question->subject,
                   "Only what a package's patches and sources touch, private names included")
      ->type_name("SUBJECT");
  add_scope_options(*diff, question->options);
  add_result_options(*diff, question->options);
  add_reading_options(*diff, question->options);
  return {diff, [question, &tool] { return run(*question, tool); }};
}

}  // namespace torchdevice::cli

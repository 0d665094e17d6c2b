#include "cli/csv_output.h"

#include <fmt/format.h>

#include <span>

#include "cli/csv_writer.h"

namespace torchdevice::cli {

namespace {

using gap::to_string;

std::string line_number(std::uint32_t line) { return line == 0 ? "" : std::to_string(line); }

std::string joined(std::span<const gap::Signature> signatures) {
  std::string all;
  for (const gap::Signature& signature : signatures) {
    all += (all.empty() ? "" : " | ") + signature.text();
  }
  return all;
}

std::string joined(std::span<const gap::Difference> differences) {
  std::string all;
  for (const gap::Difference& difference : differences) {
    all += fmt::format("{}{}{}{}{}", all.empty() ? "" : "; ", to_string(difference.what),
                       difference.parameter.empty() ? "" : " ", difference.parameter,
                       difference.breaks_valid_calls ? " (breaks)" : "");
  }
  return all;
}

}  // namespace

std::string to_csv(const gap::Surface& surface) {
  std::string out;
  write_csv_row(out, {"name", "kind", "public_by", "defined_as", "alias_of", "file", "line",
                      "condition", "deprecated", "signature", "source", "confidence", "reason"});
  const auto add = [&out](const gap::SurfaceName& name, const gap::Signature* signature) {
    write_csv_row(
        out, {name.name, to_string(name.kind), to_string(name.public_by), name.defined_as,
              name.alias_of, name.file, line_number(name.line), name.condition, name.deprecated,
              signature ? signature->text() : "", signature ? to_string(signature->source) : "",
              signature ? to_string(signature->confidence) : "", ""});
  };
  for (const gap::SurfaceName& name : surface.names) {
    if (name.signatures.empty()) {
      add(name, nullptr);
    }
    for (const gap::Signature& signature : name.signatures) {
      add(name, &signature);
    }
  }
  for (const gap::UnknownName& name : surface.unknown) {
    write_csv_row(
        out, {name.name, "unknown", "", "", "", name.place, "", "", "", "", "", "", name.reason});
  }
  return out;
}

std::string to_csv(const gap::Overlay& overlay) {
  std::string out;
  write_csv_row(out, {"target", "kind", "file", "line", "how", "condition", "reached", "temporary",
                      "replacement", "replacement_signature", "original_signatures", "verdict",
                      "differences", "superseded_by", "reason"});
  for (const gap::Patch& patch : overlay.patches) {
    write_csv_row(
        out, {patch.target, to_string(patch.kind), patch.file, line_number(patch.line), patch.how,
              patch.condition, patch.reached ? "true" : "false", patch.temporary ? "true" : "false",
              patch.replacement, joined(patch.replacement_signatures),
              joined(patch.original_signatures), to_string(patch.comparison.verdict),
              joined(patch.comparison.differences), patch.superseded_by, ""});
  }
  for (const gap::UnknownPatch& patch : overlay.unknown) {
    write_csv_row(out, {patch.what, "unknown", patch.place, "", "", "", "", "", "", "", "", "", "",
                        "", patch.reason});
  }
  return out;
}

std::string to_csv(const gap::SurfaceDiff& diff) {
  std::string out;
  write_csv_row(out, {"cause", "name", "kind", "breaks_valid_calls", "because", "was", "now",
                      "differences", "old_place", "new_place"});
  for (const gap::Change& change : diff.changes) {
    for (const gap::ChangedName& changed : change.affects) {
      write_csv_row(
          out, {change.cause, changed.name, to_string(changed.kind),
                changed.breaks_valid_calls ? "true" : "false", changed.because, changed.was,
                changed.now, joined(changed.differences), changed.old_place, changed.new_place});
    }
  }
  for (const gap::UnknownName& name : diff.unknown) {
    write_csv_row(out, {"", name.name, "unknown", "", name.reason, "", "", "", name.place, ""});
  }
  return out;
}

}  // namespace torchdevice::cli

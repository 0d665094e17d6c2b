#include "cli/diff_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/surface_text.h"
#include "cli/table.h"

namespace torchdevice::cli {

namespace {

using gap::Change;
using gap::ChangedName;
using gap::ChangeKind;

/// Of the names that one cause affects.
constexpr std::size_t kShown = 12;

fmt::text_style style_of(const ChangedName& changed) {
  return changed.breaks_valid_calls ? kBad : kPlain;
}

void add_signatures(Table& table, const ChangedName& changed) {
  if (!changed.was.empty()) {
    table.add({{"    - " + changed.was, kBad}});
  }
  if (!changed.now.empty()) {
    table.add({{"    + " + changed.now, kGood}});
  }
  for (const gap::Difference& difference : changed.differences) {
    table.add(
        {{"    " + (difference.detail.empty()
                        ? fmt::format("{} {}", to_string(difference.what), difference.parameter)
                        : difference.detail),
          difference.breaks_valid_calls ? kBad : kQuiet}});
  }
}

/// Python names before operators.
std::vector<const ChangedName*> in_order(const std::vector<ChangedName>& affects) {
  std::vector<const ChangedName*> order;
  std::vector<const ChangedName*> operators;
  for (const ChangedName& changed : affects) {
    (changed.name.find("::") == std::string::npos ? order : operators).push_back(&changed);
  }
  order.insert(order.end(), operators.begin(), operators.end());
  return order;
}

void print(std::string& out, const Change& change, const Paint& paint) {
  out += fmt::format("\n{}  {}\n", paint(change.breaks_valid_calls ? kBad : kAccent, change.cause),
                     change.summary);
  const std::vector<const ChangedName*> order = in_order(change.affects);
  const std::size_t shown = std::min(kShown, order.size());
  Table names;
  for (std::size_t i = 0; i < shown; ++i) {
    const ChangedName& changed = *order[i];
    if (order.size() > 1 || changed.name != change.cause) {
      names.add({{std::string(to_string(changed.kind)), kQuiet},
                 {changed.name, style_of(changed)},
                 {changed.because, kQuiet}});
    }
  }
  if (order.size() > shown) {
    names.add({{""},
               {fmt::format("and {} more: --format json or csv has them", order.size() - shown),
                kQuiet}});
  }
  if (change.also_affects > 0) {
    names.add({{""},
               {fmt::format("and {} more that the subject does not touch", change.also_affects),
                kQuiet}});
  }
  names.print(out, paint, "  ");
  if (change.kind == ChangeKind::SignatureChanged) {
    Table signatures;  // one for all: they have one definition
    add_signatures(signatures, *order.front());
    signatures.print(out, paint, "");
  }
}

std::string summary(const gap::SurfaceDiff& diff) {
  const auto breaking = std::ranges::count(diff.changes, true, &Change::breaks_valid_calls);
  return fmt::format("PyTorch {} -> {}{}: {} changes, {} of them break valid calls; {} unknown",
                     describe(diff.old_torch), describe(diff.new_torch),
                     diff.subject.empty() ? "" : ", as far as " + diff.subject + " is concerned",
                     diff.changes.size(), breaking, diff.unknown.size());
}

}  // namespace

std::string to_text(const gap::SurfaceDiff& diff, const Paint& paint) {
  std::string out = paint(kHeading, summary(diff)) + "\n";
  for (const Change& change : diff.changes) {
    print(out, change, paint);
  }
  if (!diff.unknown.empty()) {
    Table table;
    for (const gap::UnknownName& name : diff.unknown) {
      table.add({{name.name, kDoubtful}, {name.place, kQuiet}, {name.reason}});
    }
    out += fmt::format("\n{}\n", paint(kHeading, "What cannot be compared"));
    table.print(out, paint, "  ");
  }
  return out;
}

}  // namespace torchdevice::cli

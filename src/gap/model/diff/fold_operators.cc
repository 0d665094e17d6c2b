#include <fmt/format.h>

#include <map>
#include <string>

#include "gap/model/diff/folding.h"

namespace torchdevice::gap {

namespace {

const Operator* operator_of(const SingleChange& change) {
  return change.old_operator != nullptr ? change.old_operator : change.new_operator;
}

/// One shared cause for each text that `text_of` gives to changes; none for an empty text.
template <typename TextOf>
void join_equal(Folding& folding, TextOf text_of, bool prevails) {
  std::map<std::string, std::vector<std::size_t>> equal;
  for (std::size_t i = 0; i < folding.changes.size(); ++i) {
    std::string text = text_of(folding.changes[i]);
    if (!text.empty()) {
      equal[std::move(text)].push_back(i);
    }
  }
  for (const auto& [text, indices] : equal) {
    if (indices.size() < 2) {
      continue;
    }
    const std::size_t cause = folding.share(text, "", prevails);
    for (const std::size_t index : indices) {
      folding.join_shared(cause, index);
    }
  }
}

std::string kernels_text(const SingleChange& change) {
  const ChangedName& changed = change.changed;
  if (changed.kind != ChangeKind::KernelsChanged) {
    return {};
  }
  return kernels_sentence(changed);
}

std::string overloads_text(const SingleChange& change) {
  const Operator* op = operator_of(change);
  const ChangeKind kind = change.changed.kind;
  if (op == nullptr || (kind != ChangeKind::Added && kind != ChangeKind::Removed)) {
    return {};
  }
  return fmt::format("{}::{}", op->name_space, parse_base_name(op->schema.name).base);
}

}  // namespace

void fold_operators(Folding& folding) {
  join_equal(folding, kernels_text, true);
  for (const ChangeKind kind : {ChangeKind::Added, ChangeKind::Removed}) {
    join_equal(
        folding,
        [kind](const SingleChange& change) {
          return change.changed.kind == kind ? overloads_text(change) : std::string();
        },
        false);
  }
  for (const ChangeKind kind :
       {ChangeKind::Added, ChangeKind::Removed, ChangeKind::SignatureChanged}) {
    const auto by_name = folding.by_name(kind);
    for (std::size_t i = 0; i < folding.changes.size(); ++i) {
      const Operator* op = operator_of(folding.changes[i]);
      if (op == nullptr || folding.changes[i].changed.kind != kind) {
        continue;
      }
      for (const std::string& name : python_names(*op)) {
        const auto found = by_name.find(name);
        if (found != by_name.end()) {
          folding.join_changes(i, found->second);
          std::string& because = folding.changes[found->second].changed.because;
          if (because.empty()) {
            because = fmt::format("calls {}", folding.changes[i].changed.name);
          }
        }
      }
    }
  }
}

}  // namespace torchdevice::gap

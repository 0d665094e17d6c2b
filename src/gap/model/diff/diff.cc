#include "gap/model/diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "gap/model/diff/folding.h"
#include "gap/model/dotted_name.h"

namespace torchdevice::gap {

namespace {

/// "3 names of torch, torch.Tensor; 2 operators".
std::string extent(const std::vector<ChangedName>& affects) {
  constexpr std::size_t kNamed = 6;
  std::set<std::string_view> owners;
  std::size_t operators = 0;
  for (const ChangedName& changed : affects) {
    if (changed.name.find("::") != std::string::npos) {
      ++operators;
    } else {
      owners.insert(owner_of(changed.name));
    }
  }
  const std::size_t names = affects.size() - operators;
  std::string text;
  if (names > 0) {
    const std::vector<std::string_view> first(
        owners.begin(), std::next(owners.begin(), std::min(kNamed, owners.size())));
    text = fmt::format("{} {} of {}", names, names == 1 ? "name" : "names", fmt::join(first, ", "));
    if (owners.size() > kNamed) {
      text += fmt::format(" and {} more", owners.size() - kNamed);
    }
  }
  if (operators > 0) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", operators,
                        operators == 1 ? "operator" : "operators");
  }
  return text;
}

/// The change that all the others are in, if there is one: the module or class that went.
const ChangedName* topmost(const std::vector<ChangedName>& affects) {
  const ChangedName* top = &affects.front();  // sorted: a name comes before what is in it
  for (const ChangedName& changed : affects) {
    if (&changed != top && !changed.name.starts_with(top->name + ".")) {
      return nullptr;
    }
  }
  return top;
}

std::string sentence_about(const ChangedName& changed) {
  switch (changed.kind) {
    case ChangeKind::Removed:
      return changed.now.empty() ? "removed" : fmt::format("removed, {}", changed.now);
    case ChangeKind::Moved:
      return fmt::format("moved: {} -> {}", changed.was, changed.now);
    case ChangeKind::KindChanged:
      return fmt::format("was a {}, is a {}", changed.was, changed.now);
    case ChangeKind::SignatureChanged:
      return changed.was.empty() ? "has more overloads" : "its signature changed";
    case ChangeKind::Deprecated:
      return fmt::format("deprecated: {}", changed.now);
    case ChangeKind::KernelsChanged:
      return kernels_sentence(changed);
    case ChangeKind::Added:
      return changed.was.empty() ? "added" : fmt::format("added, {}", changed.was);
  }
  return {};
}

Change as_change(std::vector<ChangedName> affects, const Folding::Shared* shared) {
  std::ranges::sort(affects, {},
                    [](const ChangedName& one) { return std::tie(one.name, one.kind); });
  Change change;
  const ChangedName* top = topmost(affects);
  const bool is_shared = shared != nullptr && affects.size() > 1;
  change.kind = std::ranges::min_element(affects, {}, &ChangedName::kind)->kind;
  change.breaks_valid_calls = std::ranges::any_of(affects, &ChangedName::breaks_valid_calls);
  if (is_shared && (shared->prevails || top == nullptr)) {
    change.cause = shared->name;
    change.summary = shared->sentence.empty() ? sentence_about(affects.front()) : shared->sentence;
  } else {
    const ChangedName& cause = top != nullptr ? *top : affects.front();
    change.cause = cause.name;
    change.summary = sentence_about(cause);
  }
  if (affects.size() > 1) {
    change.summary += fmt::format(" ({})", extent(affects));
  }
  change.affects = std::move(affects);
  return change;
}

std::vector<Change> causes(Folding& folding) {
  std::map<std::size_t, std::vector<ChangedName>> sets;
  for (std::size_t i = 0; i < folding.changes.size(); ++i) {
    if (folding.dropped[i]) {
      continue;
    }
    SingleChange& change = folding.changes[i];
    if (!change.lost.empty() || !change.gained.empty()) {
      describe_signatures(change);
    }
    sets[folding.set_of_change(i)].push_back(std::move(change.changed));
  }
  std::map<std::size_t, const Folding::Shared*> named;
  for (std::size_t i = 0; i < folding.shared.size(); ++i) {
    const Folding::Shared*& name = named[folding.set_of_shared(i)];
    if (name == nullptr || (folding.shared[i].prevails && !name->prevails)) {
      name = &folding.shared[i];
    }
  }
  std::vector<Change> changes;
  for (auto& [set, affects] : sets) {
    const auto shared = named.find(set);
    changes.push_back(
        as_change(std::move(affects), shared == named.end() ? nullptr : shared->second));
  }
  return changes;
}

void add_problems(std::vector<std::string>& all, const Surface& surface,
                  const Operators* operators) {
  const auto add = [&](const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) {
      all.push_back(fmt::format("{}: {}", surface.torch.version, problem));
    }
  };
  add(surface.problems);
  if (operators != nullptr) {
    add(operators->problems());
  }
}

/// What the subject of the question touches.
class Touch {
 public:
  Touch(const Overlay& overlay, const Mentions& mentions) : mentions_(mentions) {
    for (const Patch& patch : overlay.patches) {
      names_.insert(patch.target.substr(0, patch.target.find('@')));
      names_.insert(patch.target);
    }
    for (const Mention& mention : mentions.names) {
      names_.insert(mention.name);
    }
  }

  bool operator()(const ChangedName& changed) const {
    const std::string& name = changed.name;
    if (names_.contains(name) || mentions_something_in(name)) {
      return true;
    }
    const std::string owner(owner_of(name));
    if (names_.contains(owner + ".*")) {
      return true;
    }
    // A method of an instance, whose class sources do not tell.
    const bool instance = owner == "torch.Tensor" || names_.contains(owner);
    return instance && mentions_.has_attribute(simple_name(name));
  }

 private:
  bool mentions_something_in(const std::string& name) const {
    const auto inside = names_.lower_bound(name + ".");
    return inside != names_.end() && inside->starts_with(name + ".");
  }

  const Mentions& mentions_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::Removed:
      return "removed";
    case ChangeKind::Moved:
      return "moved";
    case ChangeKind::KindChanged:
      return "kind_changed";
    case ChangeKind::SignatureChanged:
      return "signature_changed";
    case ChangeKind::Deprecated:
      return "deprecated";
    case ChangeKind::KernelsChanged:
      return "kernels_changed";
    case ChangeKind::Added:
      break;
  }
  return "added";
}

SurfaceDiff diff_surfaces(const Release& old, const Release& now) {
  SurfaceDiff diff;
  diff.old_torch = old.surface.torch;
  diff.new_torch = now.surface.torch;
  std::vector<SingleChange> changes = name_changes(old.surface, now.surface, diff.unknown);
  if (old.operators != nullptr && now.operators != nullptr) {
    std::ranges::move(operator_changes(*old.operators, *now.operators),
                      std::back_inserter(changes));
  }
  Folding folding(std::move(changes), old, now);
  fold_moves(folding);
  fold_vanished_types(folding);
  fold_owners(folding);
  fold_definitions(folding);
  fold_operators(folding);
  diff.changes = causes(folding);
  std::ranges::sort(diff.changes, {}, [](const Change& change) {
    return std::tuple(!change.breaks_valid_calls, change.kind, std::string_view(change.cause));
  });
  add_problems(diff.problems, old.surface, old.operators);
  add_problems(diff.problems, now.surface, now.operators);
  return diff;
}

void keep_touched(SurfaceDiff& diff, const Overlay& overlay, const Mentions& mentions) {
  const Touch touches(overlay, mentions);
  diff.subject = overlay.subject;
  for (Change& change : diff.changes) {
    const std::size_t all = change.affects.size();
    std::erase_if(change.affects, [&](const ChangedName& one) { return !touches(one); });
    change.also_affects = all - change.affects.size();
    change.breaks_valid_calls =
        std::ranges::any_of(change.affects, &ChangedName::breaks_valid_calls);
  }
  std::erase_if(diff.changes, [](const Change& change) { return change.affects.empty(); });
  std::erase_if(diff.unknown, [&](const UnknownName& name) {
    ChangedName changed;
    changed.name = name.name;
    return !touches(changed);
  });
}

}  // namespace torchdevice::gap

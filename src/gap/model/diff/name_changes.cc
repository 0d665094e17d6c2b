#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "gap/model/diff/changes.h"

namespace torchdevice::gap {

namespace {

std::string place(const SurfaceName* name) {
  if (name == nullptr || name->file.empty()) {
    return {};
  }
  return name->line == 0 ? name->file : fmt::format("{}:{}", name->file, name->line);
}

/// The same for all signatures that differ only in spelling.
std::string normalised(const Signature& signature) {
  std::string text;
  for (const Parameter& parameter : signature.parameters) {
    fmt::format_to(std::back_inserter(text), "{}\x1f{}\x1f{}\x1f{}\x1e", parameter.name,
                   static_cast<int>(parameter.kind),
                   parameter.default_value ? normalise_default(*parameter.default_value) : "\x1d",
                   normalise_annotation(parameter.annotation));
  }
  return text + normalise_annotation(signature.returns);
}

/// Those of `some` that `others` does not have.
std::vector<const Signature*> missing(const std::vector<Signature>& some,
                                      const std::vector<Signature>& others) {
  std::unordered_set<std::string> known;
  for (const Signature& signature : others) {
    known.insert(normalised(signature));
  }
  std::vector<const Signature*> result;
  for (const Signature& signature : some) {
    if (known.insert(normalised(signature)).second) {
      result.push_back(&signature);
    }
  }
  return result;
}

class NameComparison {
 public:
  NameComparison(const Surface& old, const Surface& now, std::vector<UnknownName>& unknown)
      : old_(old), now_(now), unknown_(unknown) {
    for (const SurfaceName& name : now.names) {
      now_defined_.insert(name.defined_as);
    }
  }

  std::vector<SingleChange> run() {
    auto before = old_.names.begin();
    auto after = now_.names.begin();
    while (before != old_.names.end() || after != now_.names.end()) {
      if (after == now_.names.end() || (before != old_.names.end() && before->name < after->name)) {
        only_there(*before++, now_, ChangeKind::Removed);
      } else if (before == old_.names.end() || after->name < before->name) {
        only_there(*after++, old_, ChangeKind::Added);
      } else {
        compare(*before++, *after++);
      }
    }
    return std::move(changes_);
  }

 private:
  SingleChange& add(ChangeKind kind, const SurfaceName* before, const SurfaceName* after) {
    SingleChange change;
    change.changed.name = (before != nullptr ? before : after)->name;
    change.changed.kind = kind;
    change.changed.old_place = place(before);
    change.changed.new_place = place(after);
    change.before = before;
    change.after = after;
    return changes_.emplace_back(std::move(change));
  }

  void only_there(const SurfaceName& name, const Surface& other, ChangeKind kind) {
    const auto hidden = std::ranges::find(other.unknown, name.name, &UnknownName::name);
    // Without a place it is a name that was asked for and that no source has.
    if (hidden != other.unknown.end() && !hidden->place.empty()) {
      unknown_.push_back(*hidden);
      return;
    }
    const SurfaceName* elsewhere = in_other(name, other);
    if (kind == ChangeKind::Added) {
      ChangedName& added = add(kind, nullptr, &name).changed;
      added.now = to_string(name.kind);
      added.was = elsewhere == nullptr ? "" : "was there as " + elsewhere->name;
    } else {
      ChangedName& removed = add(kind, &name, nullptr).changed;
      removed.was = to_string(name.kind);
      removed.now = elsewhere == nullptr ? "" : "still there as " + elsewhere->name;
      removed.breaks_valid_calls = true;
    }
  }

  /// Where the other release has the object under another of its paths.
  static const SurfaceName* in_other(const SurfaceName& name, const Surface& other) {
    for (const std::string& path : name.paths) {
      const SurfaceName* entry = path == name.name ? nullptr : other.find(path);
      if (entry != nullptr) {
        return entry;
      }
    }
    return nullptr;
  }

  void compare(const SurfaceName& before, const SurfaceName& after) {
    const SurfaceName& was = *described(old_, &before);
    const SurfaceName& is = *described(now_, &after);
    if (was.kind != is.kind) {
      ChangedName& changed = add(ChangeKind::KindChanged, &before, &after).changed;
      changed.was = to_string(was.kind);
      changed.now = to_string(is.kind);
      changed.breaks_valid_calls = is_callable(was.kind) != is_callable(is.kind) ||
                                   (was.kind == NameKind::Class && is.kind != NameKind::Builtin);
    }
    compare_signatures_of(before, after, was, is);
    if (was.deprecated.empty() && !is.deprecated.empty()) {
      add(ChangeKind::Deprecated, &before, &after).changed.now = is.deprecated;
    }
    if (was.defined_as != is.defined_as && !was.defined_as.empty() && !is.defined_as.empty() &&
        !now_defined_.contains(was.defined_as)) {
      ChangedName& moved = add(ChangeKind::Moved, &before, &after).changed;
      moved.was = was.defined_as;
      moved.now = is.defined_as;
    }
  }

  void compare_signatures_of(const SurfaceName& before, const SurfaceName& after,
                             const SurfaceName& was, const SurfaceName& is) {
    if (was.signatures.empty() != is.signatures.empty()) {
      if (is_callable(was.kind) && is_callable(is.kind)) {
        unknown_.push_back({before.name,
                            fmt::format("its signature is not known in {}",
                                        (was.signatures.empty() ? old_ : now_).torch.version),
                            place(was.signatures.empty() ? &was : &is)});
      }
      return;
    }
    std::vector<const Signature*> lost = missing(was.signatures, is.signatures);
    std::vector<const Signature*> gained = missing(is.signatures, was.signatures);
    if (!lost.empty() || !gained.empty()) {
      SingleChange& change = add(ChangeKind::SignatureChanged, &before, &is);
      change.changed.new_place = place(&after);
      change.lost = std::move(lost);
      change.gained = std::move(gained);
    }
  }

  const Surface& old_;
  const Surface& now_;
  std::vector<UnknownName>& unknown_;
  std::unordered_set<std::string_view> now_defined_;
  std::vector<SingleChange> changes_;
};

std::string texts(const std::vector<const Signature*>& signatures) {
  std::string all;
  for (const Signature* signature : signatures) {
    all += (all.empty() ? "" : " | ") + signature->text();
  }
  return all;
}

}  // namespace

const SurfaceName* described(const Surface& surface, const SurfaceName* name) {
  const bool alias = name->kind == NameKind::Alias;
  const SurfaceName* original = alias ? surface.find(name->alias_of) : nullptr;
  return original == nullptr ? name : original;
}

std::vector<SingleChange> name_changes(const Surface& old, const Surface& now,
                                       std::vector<UnknownName>& unknown) {
  return NameComparison(old, now, unknown).run();
}

void describe_signatures(SingleChange& change) {
  change.changed.was = texts(change.lost);
  change.changed.now = texts(change.gained);
  std::vector<Signature> lost;
  for (const Signature* signature : change.lost) {
    lost.push_back(*signature);
  }
  change.changed.differences =
      lost.empty()
          ? std::vector<Difference>()
          : compare_signatures(lost, change.after->signatures, Forwarding::None).differences;
  change.changed.breaks_valid_calls =
      std::ranges::any_of(change.changed.differences, &Difference::breaks_valid_calls);
}

}  // namespace torchdevice::gap

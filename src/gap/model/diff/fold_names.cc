#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "gap/model/diff/folding.h"
#include "gap/model/dotted_name.h"

namespace torchdevice::gap {

namespace {

/// The name without the module it is in: "Stream.query" of "torch.cuda.Stream.query".
std::string_view within_module(const Surface& surface, std::string_view name) {
  std::string_view module = owner_of(name);
  while (!module.empty()) {
    const SurfaceName* entry = surface.find(module);
    if (entry != nullptr && entry->kind == NameKind::Module) {
      return name.substr(module.size() + 1);
    }
    module = owner_of(module);
  }
  return simple_name(name);
}

/// What two names must share to be taken for the same object at another path. Empty where there is
/// nothing to know it by: an attribute, a function without parameters.
std::string evidence(const Surface& surface, const SurfaceName& name) {
  const SurfaceName& entry = *described(surface, &name);
  std::string signatures;
  bool telling = entry.kind == NameKind::Class;
  for (const Signature& signature : entry.signatures) {
    signatures += signature.text();
    telling = telling || signature.parameters.size() > 1;
  }
  if (!telling) {
    return {};
  }
  return fmt::format("{}\n{}\n{}", within_module(surface, name.name), to_string(entry.kind),
                     signatures);
}

struct Candidates {
  std::vector<std::size_t> removed;
  std::vector<std::size_t> added;
};

}  // namespace

void fold_moves(Folding& folding) {
  std::map<std::string, Candidates> candidates;
  for (std::size_t i = 0; i < folding.changes.size(); ++i) {
    const SingleChange& change = folding.changes[i];
    if (change.changed.kind == ChangeKind::Removed && change.before != nullptr) {
      candidates[evidence(folding.old.surface, *change.before)].removed.push_back(i);
    } else if (change.changed.kind == ChangeKind::Added && change.after != nullptr) {
      candidates[evidence(folding.now.surface, *change.after)].added.push_back(i);
    }
  }
  candidates.erase("");
  for (const auto& [shared, found] : candidates) {
    if (found.removed.size() != 1 || found.added.size() != 1) {
      continue;
    }
    ChangedName& moved = folding.changes[found.removed.front()].changed;
    const ChangedName& arrived = folding.changes[found.added.front()].changed;
    moved.kind = ChangeKind::Moved;
    moved.was = moved.name;
    moved.now = arrived.name;
    moved.new_place = arrived.new_place;
    folding.dropped[found.added.front()] = true;
  }

  std::map<std::string, std::size_t> ways;  // from one module to another
  for (std::size_t i = 0; i < folding.changes.size(); ++i) {
    const ChangedName& moved = folding.changes[i].changed;
    if (moved.kind != ChangeKind::Moved) {
      continue;
    }
    const std::string_view from = owner_of(moved.was);
    const std::string_view to = owner_of(moved.now);
    const std::string way = fmt::format("{} -> {}", from, to);
    auto [known, is_new] = ways.try_emplace(way);
    if (is_new) {
      known->second = folding.share(way, fmt::format("moved from {} to {}", from, to), false);
    }
    folding.join_shared(known->second, i);
  }
}

void fold_owners(Folding& folding) {
  for (const ChangeKind kind : {ChangeKind::Removed, ChangeKind::Added}) {
    const auto by_name = folding.by_name(kind);
    for (const auto& [name, index] : by_name) {
      const auto owner = by_name.find(owner_of(name));
      if (owner != by_name.end()) {
        folding.join_changes(owner->second, index);
        std::string& because = folding.changes[index].changed.because;
        if (because.empty()) {
          because = fmt::format("in {}", owner->first);
        }
      }
    }
  }
}

void fold_definitions(Folding& folding) {
  std::map<std::pair<ChangeKind, std::string>, std::vector<std::size_t>> definitions;
  for (std::size_t i = 0; i < folding.changes.size(); ++i) {
    const SingleChange& change = folding.changes[i];
    std::string definition = folding.definition(change);
    if (!definition.empty() && !folding.dropped[i] && !folding.settled[i] &&
        change.changed.kind != ChangeKind::Moved) {
      definitions[{change.changed.kind, std::move(definition)}].push_back(i);
    }
  }
  for (const auto& [key, indices] : definitions) {
    if (indices.size() < 2) {
      continue;
    }
    const std::size_t cause = folding.share(key.second, "", false);
    for (const std::size_t index : indices) {
      folding.join_shared(cause, index);
      ChangedName& changed = folding.changes[index].changed;
      if (changed.because.empty() && changed.name != key.second) {
        changed.because = fmt::format("is {}", key.second);
      }
    }
  }

  const auto signatures = folding.by_name(ChangeKind::SignatureChanged);
  for (const auto& [name, index] : signatures) {
    const std::string_view member = simple_name(name);
    const auto owner = signatures.find(owner_of(name));
    if ((member == "__init__" || member == "__new__") && owner != signatures.end()) {
      folding.join_changes(owner->second, index);
    }
  }
}

}  // namespace torchdevice::gap

#include "gap/model/diff/folding.h"

#include <fmt/format.h>

#include <utility>

#include "gap/model/dotted_name.h"

namespace torchdevice::gap {

Folding::Folding(std::vector<SingleChange> found, const Release& old_release,
                 const Release& new_release)
    : old(old_release), now(new_release) {
  for (SingleChange& change : found) {
    add(std::move(change));
  }
}

std::size_t Folding::new_node() {
  parent_.push_back(parent_.size());
  return parent_.size() - 1;
}

std::size_t Folding::find(std::size_t node) {
  while (parent_[node] != node) {
    parent_[node] = parent_[parent_[node]];
    node = parent_[node];
  }
  return node;
}

std::size_t Folding::add(SingleChange change) {
  changes.push_back(std::move(change));
  dropped.push_back(false);
  settled.push_back(false);
  node_.push_back(new_node());
  return changes.size() - 1;
}

std::size_t Folding::share(std::string name, std::string sentence, bool prevails) {
  shared.push_back({std::move(name), std::move(sentence), new_node(), prevails});
  return shared.size() - 1;
}

std::unordered_map<std::string_view, std::size_t> Folding::by_name(ChangeKind kind) const {
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].changed.kind == kind && !dropped[i] && !settled[i]) {
      index.emplace(changes[i].changed.name, i);
    }
  }
  return index;
}

std::string Folding::definition(const SingleChange& change) const {
  const bool is_old = change.before != nullptr;
  const SurfaceName* name = is_old ? change.before : change.after;
  if (name == nullptr) {
    return {};
  }
  const Surface& surface = is_old ? old.surface : now.surface;
  const std::string& defined_as = described(surface, name)->defined_as;
  if (defined_as.find("<locals>") != std::string::npos) {
    return {};  // what a decorator made: of many functions
  }
  // An attribute of a class with several paths: its definition is known by the path only.
  const SurfaceName* owner = surface.find(owner_of(name->name));
  if ((defined_as.empty() || defined_as == name->name) && owner != nullptr) {
    const SurfaceName& owner_entry = *described(surface, owner);
    if (owner_entry.kind == NameKind::Class && !owner_entry.defined_as.empty()) {
      return fmt::format("{}.{}", owner_entry.defined_as, simple_name(name->name));
    }
  }
  return defined_as;
}

std::string kernels_sentence(const ChangedName& changed) {
  if (changed.was.empty()) {
    return fmt::format("now served at {}", changed.now);
  }
  return fmt::format("no longer served at {}{}{}", changed.was,
                     changed.now.empty() ? "" : ", now at ", changed.now);
}

}  // namespace torchdevice::gap

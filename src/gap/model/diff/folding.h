#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gap/model/diff/changes.h"
#include "gap/model/diff/diff.h"

namespace torchdevice::gap {

/// Changes on their way into sets with one cause each. A set is a tree of nodes that point to their
/// parents; a node is a change or something that changes share.
class Folding {
 public:
  /// What changes have in common and that is no change itself: a definition, a type, a key.
  struct Shared {
    std::string name;
    std::string sentence;  ///< for people
    std::size_t node = 0;
    bool prevails = false;  ///< names the cause also where a changed name is above all others
  };

  Folding(std::vector<SingleChange> changes, const Release& old, const Release& now);

  const Release& old;
  const Release& now;
  std::vector<SingleChange> changes;
  std::vector<bool> dropped;  ///< changes that another one tells
  /// Overloads that were split off a change and have their cause: other rules leave them.
  std::vector<bool> settled;
  std::vector<Shared> shared;

  /// Adds a change or a shared cause; the index in its list.
  std::size_t add(SingleChange change);
  std::size_t share(std::string name, std::string sentence, bool prevails);

  void join_changes(std::size_t a, std::size_t b) { join(node_[a], node_[b]); }
  void join_shared(std::size_t cause, std::size_t change) {
    join(shared[cause].node, node_[change]);
  }
  std::size_t set_of_change(std::size_t change) { return find(node_[change]); }
  std::size_t set_of_shared(std::size_t cause) { return find(shared[cause].node); }

  /// The indices of all changes of the kind, by name.
  std::unordered_map<std::string_view, std::size_t> by_name(ChangeKind kind) const;
  /// Where the entry behind a change's name is defined, in the release that has it; may be empty.
  std::string definition(const SingleChange& change) const;

 private:
  std::size_t new_node();
  std::size_t find(std::size_t node);
  void join(std::size_t a, std::size_t b) { parent_[find(b)] = find(a); }

  std::vector<std::size_t> node_;  ///< of each change
  std::vector<std::size_t> parent_;
};

/// "no longer served at CUDA, now at MPS".
std::string kernels_sentence(const ChangedName& changed);

// The rules, in the order in which they are applied.

/// A name gone here and come there, with the same signature or definition, has moved.
void fold_moves(Folding& folding);
/// Types that no operator takes any more.
void fold_vanished_types(Folding& folding);
/// Modules and classes that went or came, with all that is in them.
void fold_owners(Folding& folding);
/// Aliases, inherited members, a class and its `__init__`.
void fold_definitions(Folding& folding);
/// Overloads of one operator, the Python functions that call it, kernels at the same keys.
void fold_operators(Folding& folding);

}  // namespace torchdevice::gap

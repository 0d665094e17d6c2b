#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/diff/mentions.h"
#include "gap/model/operators/operators.h"
#include "gap/model/overlay/overlay.h"
#include "gap/model/signature/compare.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::gap {

enum class ChangeKind : std::uint8_t {
  Removed,
  Moved,  ///< another path, or a definition that stands in another module
  KindChanged,
  SignatureChanged,
  Deprecated,
  KernelsChanged,  ///< an operator: the dispatch keys that it is served at
  Added,
};
std::string_view to_string(ChangeKind kind);

/// One public name or operator that is not what it was.
struct ChangedName {
  std::string name;  ///< "torch.Tensor.align_to"; an operator: "aten::all.dimname"
  ChangeKind kind = ChangeKind::Removed;
  bool breaks_valid_calls = false;
  std::string because;  ///< how it follows from the cause; empty where it is the cause
  std::string was;      ///< the overloads that went, the kind, the path, the dispatch keys
  std::string now;
  std::string old_place;  ///< "torch/_tensor.py:1351"; empty where it was not there
  std::string new_place;
  std::vector<Difference> differences;
};

/// One root cause, and all that follows from it.
struct Change {
  std::string cause;  ///< a name, a definition, an operator, a type of operators' arguments
  ChangeKind kind = ChangeKind::Removed;
  bool breaks_valid_calls = false;
  std::string summary;               ///< one line for people
  std::vector<ChangedName> affects;  ///< sorted by name
  std::size_t also_affects = 0;      ///< how many more the subject of the question does not touch
};

/// What changed between two releases of PyTorch.
struct SurfaceDiff {
  TorchIdentity old_torch;
  TorchIdentity new_torch;
  std::string subject;                ///< empty: all that is in scope
  std::vector<Change> changes;        ///< those that break valid calls first; by kind, then cause
  std::vector<UnknownName> unknown;   ///< what cannot be compared, because one side is not known
  std::vector<std::string> problems;  ///< of both, each with its release
};

/// One release, read. The operators may be missing (null): then none are compared.
struct Release {
  const Surface& surface;
  const Operators* operators = nullptr;
};

/// Compares two releases and folds the changes into their root causes:
///  - what was in a module or class that went (or came) belongs to that;
///  - names with one definition (aliases, inherited members) change together;
///  - operators that take a type which no operator takes any more go with that type; with them the
///    names and overloads that they serve, and removed names that share a word with these which
///    their class or module no longer has;
///  - operators whose kernels changed in the same way, and overloads of one new operator.
/// Other spellings of the same annotation or default are no change.
SurfaceDiff diff_surfaces(const Release& old, const Release& now);

/// Leaves what touches the subject: the names its patches target and its sources mention.
void keep_touched(SurfaceDiff& diff, const Overlay& overlay, const Mentions& mentions);

}  // namespace torchdevice::gap

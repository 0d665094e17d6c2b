#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gap/model/diff/diff.h"

/// Changes one by one, before they are folded into causes.
namespace torchdevice::gap {

/// One change, and what it was found in. Entries and operators are those of the releases compared.
struct SingleChange {
  ChangedName changed;
  const SurfaceName* before = nullptr;  ///< null: not there, or an operator
  const SurfaceName* after = nullptr;
  std::vector<const Signature*> lost;    ///< overloads of `before` that `after` does not have
  std::vector<const Signature*> gained;  ///< and the other way round
  const Operator* old_operator = nullptr;
  const Operator* new_operator = nullptr;
};

/// The entry that describes the object: itself, or what it is an alias of.
const SurfaceName* described(const Surface& surface, const SurfaceName* name);

/// What changed between the names of two surfaces, in their order. A name that one of them knows
/// and the other lists as unknown is no change but goes to `unknown`.
std::vector<SingleChange> name_changes(const Surface& old, const Surface& now,
                                       std::vector<UnknownName>& unknown);

/// Fills in what a caller notices of the overloads that a change lost and gained.
void describe_signatures(SingleChange& change);

/// What changed between the operators of two releases.
std::vector<SingleChange> operator_changes(const Operators& old, const Operators& now);

/// The names under which Python has an operator: "torch.add", "torch.Tensor.add",
/// "torch._C._linalg.linalg_det".
std::vector<std::string> python_names(const Operator& op);

}  // namespace torchdevice::gap

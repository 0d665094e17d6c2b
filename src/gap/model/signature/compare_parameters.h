#pragma once

#include <vector>

#include "gap/model/signature/compare.h"

namespace torchdevice::gap {

/// What differs for calls of `original`, if `replacement` answers them.
std::vector<Difference> compare_overload(const Signature& original, const Signature& replacement,
                                         Forwarding forwarding);

}  // namespace torchdevice::gap

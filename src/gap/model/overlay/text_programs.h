#pragma once

#include <vector>

#include "gap/model/overlay/overlay.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// Calls of `exec` in the Python files of a subject that speak of PyTorch: what the text does is
/// not read.
std::vector<UnknownPatch> programs_in_text(const SourceTree& subject);

}  // namespace torchdevice::gap

#pragma once

#include <vector>

#include "gap/model/backend/cpp_program.h"
#include "gap/model/overlay/overlay.h"

namespace torchdevice::gap {

/// The virtuals of PyTorch's hook, guard, allocator and generator interfaces that classes of the
/// subject override, directly or through a class between.
std::vector<Patch> hook_overrides(const CppProgram& program);

}  // namespace torchdevice::gap

#pragma once

#include <string>
#include <vector>

#include "gap/model/overlay/overlay.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// What the C++ sources of a subject do to PyTorch.
struct Backend {
  std::vector<Patch> patches;  ///< by file, in order of registration
  std::vector<UnknownPatch> unknown;
  std::vector<std::string> problems;
};

/// Reads the C++ sources of `subject`: kernels and fallbacks that they register, classes of hooks
/// and guards with the virtuals that they override, names of torch._C that they supply. `torch`
/// tells the operators behind at::_ops structs.
Backend read_backend(const SourceTree& subject, const SourceTree& torch, unsigned threads);

}  // namespace torchdevice::gap

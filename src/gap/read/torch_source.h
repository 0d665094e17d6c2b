#pragma once

#include <memory>
#include <string>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// Which PyTorch was read.
struct TorchIdentity {
  std::string version;   ///< "2.13.0", "2.13.0+cpu"; from torch/version.py, else from dist-info
  std::string git;       ///< revision, or empty
  std::string platform;  ///< a wheel's platform tag; "source" for a checkout; empty where not known
  std::string python;    ///< a wheel's Python tag, "cp311"; empty where not known
  std::string cuda;      ///< torch/version.py's cuda; empty where None
  std::string location;  ///< as opened
};

struct TorchSource {
  std::unique_ptr<SourceTree> tree;
  TorchIdentity identity;
};

/// Opens the PyTorch at `path`: an installed package (`site-packages` or `…/torch`), a wheel, a
/// checkout. With an empty path, the one of the environment: of the `python3` in the folder
/// `first`, if that is not empty, of `$VIRTUAL_ENV`, of a `python3` on PATH, whichever has torch
/// first. Found by reading folders; no interpreter is started.
/// Throws ReadError: nothing there, no PyTorch, or not `expect` (a version or the beginning of one
/// at a dot: "2.13" fits 2.13.0+cpu, not 2.130).
TorchSource open_torch(const std::string& path, const std::string& expect = {},
                       const std::string& first = {});

}  // namespace torchdevice::gap

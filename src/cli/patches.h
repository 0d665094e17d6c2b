#pragma once

#include "cli/command.h"
#include "cli/tool.h"

namespace torchdevice::cli {

/// `torchdevice patches`: what a package does to PyTorch.
Command add_patches(CLI::App& app, const Tool& tool);

}  // namespace torchdevice::cli

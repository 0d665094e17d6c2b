#pragma once

#include "cli/command.h"
#include "cli/tool.h"

namespace torchdevice::cli {

/// `torchdevice diff`: what changed between two releases of PyTorch.
Command add_diff(CLI::App& app, const Tool& tool);

}  // namespace torchdevice::cli

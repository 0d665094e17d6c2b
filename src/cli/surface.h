#pragma once

#include "cli/command.h"
#include "cli/tool.h"

namespace torchdevice::cli {

/// `torchdevice surface`: PyTorch's public names and their signatures.
Command add_surface(CLI::App& app, const Tool& tool);

}  // namespace torchdevice::cli

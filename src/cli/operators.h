#pragma once

#include "cli/command.h"
#include "cli/tool.h"

namespace torchdevice::cli {

/// `torchdevice operators`.
Command add_operators(CLI::App& app, const Tool& tool);

}  // namespace torchdevice::cli

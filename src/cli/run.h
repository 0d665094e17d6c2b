#pragma once

#include <string>

#include "cli/command.h"

namespace torchdevice::cli {

/// `torchdevice run`: puts its options into the environment, where the program and its children
/// find them, and becomes `python -m torchdevice`. `python` must outlive the command.
Command add_run(CLI::App& app, std::string& python);

}  // namespace torchdevice::cli

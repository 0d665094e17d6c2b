#pragma once

#include <string>

#include "cli/command.h"

namespace torchdevice::cli {

/// `torchdevice doctor`. `python` must outlive the command.
Command add_doctor(CLI::App& app, const std::string& python);

}  // namespace torchdevice::cli

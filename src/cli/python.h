#pragma once

#include <string>
#include <vector>

#include "cli/tool.h"

namespace torchdevice::cli {

/// The interpreter beside the command, as in a virtual environment; else python3 from PATH.
std::string default_python(const Tool& tool);

/// Becomes `python -m torchdevice ARGUMENT...`; returns only if that fails, with what a shell
/// answers then.
int become_python(const std::string& python, const std::vector<std::string>& arguments);

}  // namespace torchdevice::cli

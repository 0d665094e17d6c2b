#pragma once

#include <string>
#include <string_view>

namespace torchdevice::cli {

/// Writes a command's result to the file at `path`, whole or not at all, or to standard output
/// where it is empty. A reader of standard output that has seen enough (a broken pipe) is no error.
/// Throws std::system_error.
void write_output(std::string_view text, const std::string& path);

}  // namespace torchdevice::cli

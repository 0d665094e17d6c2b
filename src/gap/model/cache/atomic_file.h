#pragma once

#include <string>
#include <string_view>

namespace torchdevice::gap {

/// Writes a file that appears whole or not at all, also when several processes write it: into a
/// file of its own beside `path`, which then takes its name. A link is followed; what is no regular
/// file (/dev/null, a pipe) is written to as it is.
/// Throws std::system_error with the path.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace torchdevice::gap

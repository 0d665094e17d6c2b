#pragma once

#include <filesystem>
#include <string>

namespace torchdevice::cli {

/// This command, as it was started.
struct Tool {
  std::filesystem::path path;
  std::string version;

  /// Another one for every build of the command: what results on disk are kept under.
  std::string fingerprint() const;
};

/// `argv0` as given, or looked up in PATH if it is a bare name.
Tool find_tool(const std::string& argv0);

}  // namespace torchdevice::cli

#include "cli/tool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <system_error>

namespace torchdevice::cli {

namespace fs = std::filesystem;

namespace {

fs::path find_in_path(const std::string& argv0) {
  if (argv0.find('/') != std::string::npos) {
    return argv0;
  }
  const char* path = std::getenv("PATH");
  for (const std::string& folder : CLI::detail::split(path == nullptr ? "" : path, ':')) {
    const fs::path candidate = fs::path(folder) / argv0;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return argv0;
}

}  // namespace

std::string Tool::fingerprint() const {
  std::error_code error;  // then there is only the version to go by
  const std::uintmax_t size = fs::file_size(path, error);
  const auto written = fs::last_write_time(path, error).time_since_epoch().count();
  return error ? version : fmt::format("{} {} {}", version, size, written);
}

Tool find_tool(const std::string& argv0) { return {find_in_path(argv0), TORCHDEVICE_VERSION}; }

}  // namespace torchdevice::cli

#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace torchdevice::cli {

/// A subcommand on the command line, and what it does once that is parsed: the exit status.
struct Command {
  const CLI::App* app = nullptr;
  std::function<int()> run;
};

/// A wrong command line or input: nothing was done.
constexpr int kUsageError = 2;

}  // namespace torchdevice::cli

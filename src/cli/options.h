#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "gap/model/surface/scope.h"

namespace torchdevice::cli {

enum class Format : std::uint8_t { Text, Json, Csv };

/// What the analyzer's commands are told by options, each as far as it has them.
struct AnalyzerOptions {
  std::string torch;   ///< empty: the environment's
  std::string expect;  ///< empty: any version
  std::string scope_file;
  bool everything = false;
  Format format = Format::Text;
  std::string output;  ///< empty: standard output
  bool no_cache = false;
  unsigned threads = 1;
};

void add_torch_options(CLI::App& app, AnalyzerOptions& options);
void add_scope_options(CLI::App& app, AnalyzerOptions& options);
void add_result_options(CLI::App& app, AnalyzerOptions& options);
void add_reading_options(CLI::App& app, AnalyzerOptions& options);

/// The scope that the options ask for: the names given, a file's, everything, or PyTorch's.
/// Throws ReadError.
gap::Scope scope_of(const AnalyzerOptions& options, const std::vector<std::string>& names);

}  // namespace torchdevice::cli

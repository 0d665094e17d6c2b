#include "cli/options.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "gap/read/source_tree.h"

namespace torchdevice::cli {

namespace {

Format format_of(const std::string& name) {
  static const std::map<std::string, Format> kFormats = {
      {"text", Format::Text}, {"json", Format::Json}, {"csv", Format::Csv}};
  const auto found = kFormats.find(name);
  if (found == kFormats.end()) {
    throw CLI::ValidationError("--format", name + " is none of text, json and csv");
  }
  return found->second;
}

}  // namespace

void add_torch_options(CLI::App& app, AnalyzerOptions& options) {
  app.add_option("--torch", options.torch,
                 "The PyTorch to read: a site-packages or torch folder, a wheel, a checkout "
                 "(the environment's)")
      ->type_name("PATH");
  app.add_option("--expect", options.expect, "Fail unless that PyTorch is of this version: 2.13")
      ->type_name("VERSION");
}

void add_scope_options(CLI::App& app, AnalyzerOptions& options) {
  CLI::Option* file =
      app.add_option("--scope", options.scope_file, "A TOML file with the namespaces of interest")
          ->type_name("FILE");
  app.add_flag("--all", options.everything, "Every public name of every public module")
      ->excludes(file);
}

void add_result_options(CLI::App& app, AnalyzerOptions& options) {
  app.add_option_function<std::string>(
         "--format", [&options](const std::string& name) { options.format = format_of(name); },
         "text, json or csv (text)")
      ->type_name("FORMAT");
  app.add_option("--output", options.output, "The file to write, whole or not at all")
      ->type_name("FILE");
}

void add_reading_options(CLI::App& app, AnalyzerOptions& options) {
  app.add_flag("--no-cache", options.no_cache, "Read everything anew, and keep nothing");
  options.threads = std::max(1u, std::thread::hardware_concurrency());
  app.add_option("-j,--jobs", options.threads, "Threads that read files (one a processor)")
      ->check(CLI::Range(1u, 256u).description(""))
      ->type_name("N");
}

gap::Scope scope_of(const AnalyzerOptions& options, const std::vector<std::string>& names) {
  if (!names.empty()) {
    return gap::Scope::of(names);
  }
  if (!options.scope_file.empty()) {
    std::ifstream file(options.scope_file, std::ios::binary);
    if (!file || std::filesystem::is_directory(options.scope_file)) {
      throw gap::ReadError(options.scope_file + ": cannot be read: name a TOML file with --scope");
    }
    const std::string toml((std::istreambuf_iterator<char>(file)), {});
    return gap::Scope::parse(toml, options.scope_file);
  }
  gap::Scope scope = gap::Scope::torch();
  scope.everything = options.everything;
  return scope;
}

}  // namespace torchdevice::cli

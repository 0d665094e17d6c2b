#include "cli/python.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace torchdevice::cli {

namespace {

/// What a shell answers when a command cannot be started.
constexpr int kCannotExecute = 126;

}  // namespace

std::string default_python(const Tool& tool) {
  for (const char* name : {"python3", "python"}) {
    const std::filesystem::path beside = tool.path.parent_path() / name;
    if (tool.path.has_parent_path() && access(beside.c_str(), X_OK) == 0) {
      return beside;
    }
  }
  return "python3";
}

int become_python(const std::string& python, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {python, "-m", "torchdevice"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  std::cerr << "torchdevice: cannot run " << python << ": " << std::strerror(errno)
            << ": name an interpreter with --python\n";
  return kCannotExecute;
}

}  // namespace torchdevice::cli

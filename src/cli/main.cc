/// The `torchdevice` command. `run` puts its options into the environment, where the program and
/// its children find them, and becomes `python -m torchdevice`.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// What a shell answers when a command cannot be started.
constexpr int kCannotExecute = 126;

/// The path of this command: `argv0`, looked up in PATH if it is a bare name.
fs::path command_path(const std::string& argv0) {
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

/// The interpreter beside this command, as in a virtual environment; else python3 from PATH.
std::string default_python(const fs::path& command) {
  for (const char* name : {"python3", "python"}) {
    const fs::path beside = command.parent_path() / name;
    if (command.has_parent_path() && access(beside.c_str(), X_OK) == 0) {
      return beside;
    }
  }
  return "python3";
}

/// Becomes `python -m torchdevice ARGUMENT...`; returns only if that fails.
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

/// An option whose value goes into the environment variable `variable`.
CLI::Option* add_setting(CLI::App& app, const std::string& name, const char* variable,
                         const std::string& description) {
  return app.add_option_function<std::string>(
      name, [variable](const std::string& value) { setenv(variable, value.c_str(), 1); },
      description);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs PyTorch programs written for CUDA where there is no CUDA.", "torchdevice"};
  app.set_version_flag("--version", TORCHDEVICE_VERSION);
  app.require_subcommand(1);
  std::string python = default_python(command_path(argv[0]));
  app.add_option("--python", python, "The Python interpreter to run")->capture_default_str();

  CLI::App& run = *app.add_subcommand(
      "run",
      "Run a Python program on virtual GPUs: torchdevice run [OPTIONS] PROGRAM [ARGUMENT ...]");
  run.footer(
      "PROGRAM is a file, or -m MODULE, or -c CODE, as for Python. What follows it belongs to it.");
  run.fallthrough(false);
  run.prefix_command();
  add_setting(run, "--gpus", "TORCHDEVICE_COUNT", "Number of virtual GPUs (1)");
  add_setting(run, "--host", "TORCHDEVICE", "Where tensors live: auto, cpu or mps (auto)");
  add_setting(run, "--profile", "TORCHDEVICE_PROFILE", "The card that they present");
  add_setting(run, "--memory", "TORCHDEVICE_MEMORY", "Device memory of each, such as 24GiB");
  add_setting(run, "--report", "TORCHDEVICE_REPORT",
              "Where to report each operator at exit: a file, or - for standard error");
  run.add_option("--python", python, "The Python interpreter to run");

  const CLI::App& doctor =
      *app.add_subcommand("doctor", "Say whether the virtual GPUs work here, and how");

  CLI11_PARSE(app, argc, argv);
  if (doctor.parsed()) {
    return become_python(python, {"doctor"});
  }
  const std::vector<std::string> program = run.remaining();
  if (program.empty()) {
    std::cerr << "torchdevice run: no program given (see torchdevice run --help)\n";
    return 2;
  }
  return become_python(python, program);
}

#include "cli/run.h"

#include <cstdlib>
#include <iostream>
#include <vector>

#include "cli/python.h"

namespace torchdevice::cli {

namespace {

/// An option whose value goes into the environment variable `variable`.
void add_setting(CLI::App& app, const std::string& name, const char* variable,
                 const std::string& description) {
  app.add_option_function<std::string>(
      name, [variable](const std::string& value) { setenv(variable, value.c_str(), 1); },
      description);
}

}  // namespace

Command add_run(CLI::App& app, std::string& python) {
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
  return {&run, [&run, &python] {
            const std::vector<std::string> program = run.remaining();
            if (program.empty()) {
              std::cerr << "torchdevice run: no program given (see torchdevice run --help)\n";
              return kUsageError;
            }
            return become_python(python, program);
          }};
}

}  // namespace torchdevice::cli

/// The `torchdevice` command.

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/diff.h"
#include "cli/doctor.h"
#include "cli/operators.h"
#include "cli/patches.h"
#include "cli/python.h"
#include "cli/run.h"
#include "cli/surface.h"
#include "cli/tool.h"

namespace {

using namespace torchdevice::cli;

int run_command(int argc, char** argv) {
  const Tool tool = find_tool(argv[0]);
  CLI::App app{
      "Runs PyTorch programs written for CUDA where there is no CUDA; reads what PyTorch offers\n"
      "and what packages do to it.",
      "torchdevice"};
  app.set_version_flag("--version", tool.version);
  app.require_subcommand(0, 1);  // so that an unknown one is called that
  std::string python = default_python(tool);
  app.add_option("--python", python, "The Python interpreter to run")->capture_default_str();

  const std::vector<Command> commands = {add_run(app, python),   add_doctor(app, python),
                                         add_surface(app, tool), add_patches(app, tool),
                                         add_diff(app, tool),    add_operators(app, tool)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answer) {  // --help, --version
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    const std::vector<CLI::App*> begun = app.get_subcommands();
    const std::string command = begun.empty() ? "" : " " + begun.front()->get_name();
    std::cerr << "torchdevice: " << error.what() << " (see torchdevice" << command << " --help)\n";
    return kUsageError;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) {
      return command.run();
    }
  }
  std::cerr << "torchdevice: no command given (see torchdevice --help)\n";
  return kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "torchdevice: " << error.what() << '\n';
    return kUsageError;
  }
}

#include "cli/doctor.h"

#include "cli/python.h"

namespace torchdevice::cli {

Command add_doctor(CLI::App& app, const std::string& python) {
  const CLI::App* doctor =
      app.add_subcommand("doctor", "Say whether the virtual GPUs work here, and how");
  return {doctor, [&python] { return become_python(python, {"doctor"}); }};
}

}  // namespace torchdevice::cli

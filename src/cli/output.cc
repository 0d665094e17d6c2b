#include "cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "gap/model/cache/atomic_file.h"

namespace torchdevice::cli {

void write_output(std::string_view text, const std::string& path) {
  if (!path.empty()) {
    gap::write_file_atomically(path, text);
    return;
  }
  std::signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return;
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
    }
  }
}

}  // namespace torchdevice::cli

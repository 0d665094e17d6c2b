#include "cli/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace torchdevice::cli {

bool shows_colour(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(descriptor) == 1 && (refused == nullptr || *refused == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

std::string Paint::operator()(const fmt::text_style& style, std::string_view text) const {
  const bool plain = !style.has_foreground() && !style.has_background() && !style.has_emphasis();
  return !colour_ || plain || text.empty() ? std::string(text) : fmt::format(style, "{}", text);
}

}  // namespace torchdevice::cli

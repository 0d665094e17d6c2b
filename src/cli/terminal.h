#pragma once

#include <fmt/color.h>

#include <string>
#include <string_view>

namespace torchdevice::cli {

/// Whether text on this file descriptor is coloured: on a terminal that can, unless NO_COLOR is set
/// (no-color.org).
bool shows_colour(int descriptor);

/// Paints text, or leaves it as it is.
class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}
  std::string operator()(const fmt::text_style& style, std::string_view text) const;

 private:
  bool colour_;
};

inline const fmt::text_style kPlain;
inline const fmt::text_style kHeading = fmt::emphasis::bold;
inline const fmt::text_style kQuiet = fmt::fg(fmt::terminal_color::bright_black);
inline const fmt::text_style kGood = fmt::fg(fmt::terminal_color::green);
inline const fmt::text_style kBad = fmt::fg(fmt::terminal_color::red);
inline const fmt::text_style kDoubtful = fmt::fg(fmt::terminal_color::yellow);
inline const fmt::text_style kAccent = fmt::fg(fmt::terminal_color::cyan);

}  // namespace torchdevice::cli

#include "gap/read/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace torchdevice::gap {
namespace {

constexpr std::size_t kShownLength = 300;

/// A control character, of ASCII or of Latin-1 (which terminals obey, too).
bool begins_with_control(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  return byte < 0x20 || byte == 0x7F ||
         (byte == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0);
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) {
    return 1;
  }
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) {
    return 0;
  }
  std::uint32_t code = byte(0) & (0x7Fu >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0u) != 0x80) {
      return 0;
    }
    code = code << 6 | (byte(at) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast.at(length) || code > 0x10FFFF || surrogate ? 0 : length;
}

std::string printable(std::string_view text) {
  std::string shown;
  const std::string_view whole = text;
  while (!text.empty() && shown.size() < kShownLength) {
    const std::size_t length = begins_with_control(text) ? 0 : utf8_length(text);
    if (length == 0) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text.empty() ? shown : fmt::format("{}… ({} bytes)", shown, whole.size());
}

}  // namespace torchdevice::gap

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// Lines of Python, byte by byte.
namespace torchdevice::gap {

enum class Byte : std::uint8_t {
  Other,
  Space,
  Word,
  Quote,
  Open,
  Close,
  Newline,
  Comment,
  Backslash
};

namespace internal {

constexpr std::array<Byte, 256> byte_table() {
  std::array<Byte, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    if (letter || (c >= '0' && c <= '9')) table[c] = Byte::Word;
  }
  for (const char c : {' ', '\t', '\f'}) table[c] = Byte::Space;
  for (const char c : {'"', '\''}) table[c] = Byte::Quote;
  for (const char c : {'(', '[', '{'}) table[c] = Byte::Open;
  for (const char c : {')', ']', '}'}) table[c] = Byte::Close;
  for (const char c : {'\n', '\r'}) table[c] = Byte::Newline;
  table['#'] = Byte::Comment;
  table['\\'] = Byte::Backslash;
  return table;
}
inline constexpr std::array<Byte, 256> kBytes = byte_table();

}  // namespace internal

inline Byte byte_kind(char c) { return internal::kBytes[static_cast<unsigned char>(c)]; }

/// Whether there is a byte of this kind at `at`.
inline bool is_at(std::string_view file, std::uint32_t at, Byte kind) {
  return at < file.size() && byte_kind(file[at]) == kind;
}

/// Behind all bytes of this kind from `at` on.
inline std::uint32_t past(std::string_view file, std::uint32_t at, Byte kind) {
  while (is_at(file, at, kind)) ++at;
  return at;
}

/// Behind the newline at `at`, of one byte or two.
inline std::uint32_t past_newline(std::string_view file, std::uint32_t at) {
  return at + (file.substr(at, 2) == "\r\n" ? 2 : 1);
}

/// Behind the comment at `at`, if there is one.
inline std::uint32_t past_comment(std::string_view file, std::uint32_t at) {
  if (!is_at(file, at, Byte::Comment)) return at;
  return static_cast<std::uint32_t>(std::min(file.find_first_of("\r\n", at), file.size()));
}

/// Behind the comment and the newline that end the logical line at `at`.
inline std::uint32_t past_line_end(std::string_view file, std::uint32_t at) {
  at = past_comment(file, at);
  return is_at(file, at, Byte::Newline) ? past_newline(file, at) : at;
}

struct LineStart {
  std::string_view indent;  ///< as far as it counts: a form feed sets the column back to zero
  std::uint32_t code = 0;   ///< the first byte behind it
  bool blank = false;       ///< nothing but a comment there
};

/// The line that begins at `at`.
inline LineStart line_start(std::string_view file, std::uint32_t at) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (at == 0 && file.starts_with(kByteOrderMark)) at += kByteOrderMark.size();
  const std::uint32_t code = past(file, at, Byte::Space);
  std::string_view indent = file.substr(at, code - at);
  if (const std::size_t feed = indent.rfind('\f'); feed != indent.npos)
    indent.remove_prefix(feed + 1);
  const bool blank =
      code == file.size() || is_at(file, code, Byte::Newline) || is_at(file, code, Byte::Comment);
  return {indent, code, blank};
}

/// The end of the logical line that has code at `at`, before its comment or newline; none where a
/// bracket or string does not close. `at` is in no string.
std::optional<std::uint32_t> logical_line_end(std::string_view file, std::uint32_t at);

}  // namespace torchdevice::gap

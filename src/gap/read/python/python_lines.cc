#include "gap/read/python/python_lines.h"

#include "gap/read/python/literal.h"

namespace torchdevice::gap {
namespace {

/// Where the literal begins whose quote is at `quote`.
std::uint32_t literal_begin(std::string_view file, std::uint32_t quote) {
  std::uint32_t begin = quote;
  while (begin > 0 && quote - begin < 3 && byte_kind(file[begin - 1]) == Byte::Word) --begin;
  return quote - begin < 3 && literal_start(file.substr(begin)) ? begin : quote;
}

/// Behind the literal whose prefix is at `begin`; none where it does not end.
std::optional<std::uint32_t> past_literal(std::string_view file, std::uint32_t begin) {
  const std::string_view rest = file.substr(begin);
  const std::size_t length = literal_end(rest, *literal_start(rest));
  if (length == rest.npos) return std::nullopt;
  return begin + static_cast<std::uint32_t>(length);
}

}  // namespace

std::optional<std::uint32_t> logical_line_end(std::string_view file, std::uint32_t at) {
  std::uint32_t depth = 0;
  while (at < file.size()) {
    switch (byte_kind(file[at])) {
      case Byte::Quote: {
        const auto end = past_literal(file, literal_begin(file, at));
        if (!end) return std::nullopt;
        at = *end;
        break;
      }
      case Byte::Open:
        ++depth;
        ++at;
        break;
      case Byte::Close:
        if (depth == 0) return std::nullopt;
        --depth;
        ++at;
        break;
      case Byte::Newline:
        if (depth == 0) return at;
        ++at;
        break;
      case Byte::Comment:
        if (depth == 0) return at;
        at = past_comment(file, at);
        break;
      case Byte::Backslash:
        ++at;
        if (is_at(file, at, Byte::Newline)) at = past_newline(file, at);
        break;
      default:
        ++at;
    }
  }
  if (depth > 0) return std::nullopt;
  return at;
}

}  // namespace torchdevice::gap

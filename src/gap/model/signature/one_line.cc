#include "gap/model/signature/one_line.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>

#include "gap/read/python/literal.h"

namespace torchdevice::gap {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool continues_name(std::string_view line) {
  const char last = line.empty() ? ' ' : line.back();
  return std::isalnum(static_cast<unsigned char>(last)) != 0 || last == '_';
}

/// The length of the token that begins `text`: of a string literal, else one character.
std::size_t token_length(std::string_view text, bool inside_name) {
  const std::optional<LiteralStart> start = inside_name ? std::nullopt : literal_start(text);
  return start ? std::min(literal_end(text, *start), text.size()) : 1;
}

}  // namespace

std::string one_line(std::string_view written) {
  std::string line;
  line.reserve(written.size());
  bool space = false;
  for (std::size_t at = 0; at < written.size();) {
    const char c = written[at];
    if (c == '#') {
      at = std::min(written.find('\n', at), written.size());
      continue;
    }
    const bool joined = c == '\\' && at + 1 < written.size() && is_space(written[at + 1]);
    if (is_space(c) || joined) {
      space = true;
      ++at;
      continue;
    }
    const bool opens =
        !line.empty() && std::string_view("([{").find(line.back()) != std::string::npos;
    const bool closes = std::string_view(")]}").find(c) != std::string::npos;
    if (space && !line.empty() && !opens && !closes) {
      line += ' ';
    }
    space = false;
    const std::size_t length = token_length(written.substr(at), continues_name(line));
    line += written.substr(at, length);
    at += length;
  }
  return line;
}

}  // namespace torchdevice::gap

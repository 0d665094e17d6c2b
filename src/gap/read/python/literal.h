#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// String literals as Python writes them: prefix, quotes, escapes.
namespace torchdevice::gap {

/// What stands before the content of a literal.
struct LiteralStart {
  bool raw = false;
  bool bytes = false;
  bool formatted = false;   ///< f"…"
  bool templated = false;   ///< t"…"
  std::uint8_t prefix = 0;  ///< letters before the quote
  std::uint8_t quotes = 1;  ///< 1 or 3
};

/// None where `text` does not begin with a string literal.
std::optional<LiteralStart> literal_start(std::string_view text);

/// The offset behind the literal that begins `text` and has this start, fields of an f-string and
/// literals nested in them included; npos where it does not end.
std::size_t literal_end(std::string_view text, const LiteralStart& start);

/// The content between the quotes.
std::string_view literal_content(std::string_view literal, const LiteralStart& start);

/// Whether decoding would change `content`.
bool needs_decoding(std::string_view content, const LiteralStart& start);

/// Appends the value of `content`: escapes decoded as UTF-8 (bytes as bytes), line ends as "\n",
/// doubled braces of f-strings as one. An escape that Python does not know stays as written, and so
/// does
/// `\N{…}`, which would need the table of Unicode's names; a lone surrogate becomes U+FFFD.
void append_decoded(std::string_view content, const LiteralStart& start, std::string& out);

}  // namespace torchdevice::gap

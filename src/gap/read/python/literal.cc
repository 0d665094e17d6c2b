#include "gap/read/python/literal.h"

#include <vector>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_quote(char c) { return c == '"' || c == '\''; }

bool is_octal(char c) { return c >= '0' && c <= '7'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The value of exactly `digits` hexadecimal digits at the beginning of `text`.
std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xE0 | code >> 12);
    } else {
      out += static_cast<char>(0xF0 | code >> 18);
      out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    }
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

/// The character that a one-letter escape stands for; 0 for none.
char simple_escape(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case '\\':
    case '\'':
    case '"':
      return letter;
    default:
      return 0;
  }
}

/// Appends the value of the escape at the beginning of `text`, which is a backslash and more, and
/// returns its length.
std::size_t append_escape(std::string_view text, bool bytes, std::string& out) {
  const char letter = text[1];
  if (letter == '\n') return 2;
  if (letter == '\r') return text.size() > 2 && text[2] == '\n' ? 3 : 2;
  if (const char value = simple_escape(letter)) {
    out += value;
    return 2;
  }
  if (is_octal(letter)) {
    std::uint32_t value = 0;
    std::size_t end = 1;
    while (end < text.size() && end < 4 && is_octal(text[end])) {
      value = value * 8 + static_cast<std::uint32_t>(text[end++] - '0');
    }
    bytes ? out += static_cast<char>(value) : (append_utf8(value, out), out);
    return end;
  }
  const std::size_t digits = letter == 'x'   ? 2
                             : bytes         ? 0
                             : letter == 'u' ? 4
                             : letter == 'U' ? 8
                                             : 0;
  if (digits != 0) {
    if (const auto value = hex_number(text.substr(2), digits)) {
      bytes ? out += static_cast<char>(*value) : (append_utf8(*value, out), out);
      return 2 + digits;
    }
  }
  out += '\\';
  return 1;
}

/// Walks a formatted literal, whose fields may hold literals of their own.
class FormattedEnd {
 public:
  explicit FormattedEnd(std::string_view text) : text_(text) {}

  std::size_t find(const LiteralStart& start) {
    open(start, 0);
    while (!levels_.empty()) {
      if (at_ >= text_.size() || levels_.size() > kMaxLevels) return std::string_view::npos;
      levels_.back().in_field ? field() : content();
    }
    return at_;
  }

 private:
  static constexpr std::size_t kMaxLevels = 100;

  struct Level {
    char quote;
    std::uint8_t quotes;
    bool raw;
    bool in_field = false;
    std::uint32_t brackets = 0;  ///< open in the field
    std::uint32_t fields = 0;    ///< fields whose format specification is being read
  };

  void open(const LiteralStart& start, std::size_t at) {
    levels_.push_back({text_[at + start.prefix], start.quotes, start.raw});
    at_ = at + start.prefix + start.quotes;
  }

  bool closes(const Level& level) const {
    if (text_[at_] != level.quote) return false;
    if (level.quotes == 1) return true;
    return text_.substr(at_, 3) == std::string(3, level.quote);
  }

  void content() {
    Level& level = levels_.back();
    const char c = text_[at_];
    if (closes(level)) {
      at_ += level.quotes;
      levels_.pop_back();
    } else if (c == '\\') {
      // `\N{DASH}` holds no field.
      const bool named = !level.raw && text_.substr(at_, 3) == "\\N{";
      const std::size_t close = named ? text_.find('}', at_) : std::string_view::npos;
      const bool brace = at_ + 1 < text_.size() && (text_[at_ + 1] == '{' || text_[at_ + 1] == '}');
      at_ = close != std::string_view::npos ? close + 1 : at_ + (brace ? 1 : 2);
    } else if (c == '{') {
      const bool doubled = level.fields == 0 && text_.substr(at_, 2) == "{{";
      at_ += doubled ? 2 : 1;
      if (!doubled) {
        level.in_field = true;
        level.brackets = 0;
      }
    } else if (c == '}' && level.fields > 0) {
      --level.fields;
      ++at_;
    } else if (c == '\n' && level.quotes == 1) {
      at_ = text_.size();
    } else {
      ++at_;
    }
  }

  void field() {
    const char c = text_[at_];
    if (is_quote(c)) {
      quoted();
      return;
    }
    Level& level = levels_.back();
    if (c == '(' || c == '[' || c == '{') {
      ++level.brackets;
    } else if (level.brackets > 0) {
      if (c == ')' || c == ']' || c == '}') --level.brackets;
    } else if (c == '}') {
      level.in_field = false;
    } else if (c == ':') {
      level.in_field = false;
      ++level.fields;
    }
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    ++at_;
  }

  void quoted() {
    std::size_t begin = at_;
    for (int letters = 0; letters < 2 && begin > 0; ++letters) {
      const auto start = literal_start(text_.substr(begin - 1));
      if (!start || start->prefix != at_ - begin + 1) break;
      --begin;
    }
    const LiteralStart start = *literal_start(text_.substr(begin));
    if (start.formatted || start.templated) {
      open(start, begin);
      return;
    }
    const std::size_t end = literal_end(text_.substr(begin), start);
    at_ = end == std::string_view::npos ? text_.size() : begin + end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
};

/// Behind the white space, comments and line continuations at `at`.
std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\\') {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

std::optional<LiteralStart> literal_start(std::string_view text) {
  LiteralStart start;
  while (start.prefix < text.size() && start.prefix < 3) {
    const char c = text[start.prefix];
    if (is_quote(c)) {
      const std::string_view rest = text.substr(start.prefix);
      if (rest.size() >= 3 && rest[1] == c && rest[2] == c) start.quotes = 3;
      return start;
    }
    switch (c | 0x20) {
      case 'r':
        start.raw = true;
        break;
      case 'b':
        start.bytes = true;
        break;
      case 'f':
        start.formatted = true;
        break;
      case 't':
        start.templated = true;
        break;
      case 'u':
        break;
      default:
        return std::nullopt;
    }
    ++start.prefix;
  }
  return std::nullopt;
}

std::size_t literal_end(std::string_view text, const LiteralStart& start) {
  if (start.formatted || start.templated) return FormattedEnd(text).find(start);
  const char quote = text[start.prefix];
  for (std::size_t at = start.prefix + start.quotes; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      // A carriage return and its newline are one escaped line end.
      if (text.substr(at + 1, 2) == "\r\n") ++at;
      ++at;
    } else if (c == quote) {
      if (start.quotes == 1) return at + 1;
      if (text.size() - at >= 3 && text[at + 1] == quote && text[at + 2] == quote) return at + 3;
    } else if (c == '\n' && start.quotes == 1) {
      break;
    }
  }
  return std::string_view::npos;
}

std::string_view literal_content(std::string_view literal, const LiteralStart& start) {
  const std::size_t before = start.prefix + start.quotes;
  if (literal.size() < before + start.quotes) return {};
  return literal.substr(before, literal.size() - before - start.quotes);
}

bool needs_decoding(std::string_view content, const LiteralStart& start) {
  if (!start.raw && content.find('\\') != std::string_view::npos) return true;
  if (start.formatted && content.find_first_of("{}") != std::string_view::npos) return true;
  return content.find('\r') != std::string_view::npos;
}

void append_decoded(std::string_view content, const LiteralStart& start, std::string& out) {
  std::size_t at = 0;
  while (at < content.size()) {
    const char c = content[at];
    if (c == '\\' && !start.raw && at + 1 < content.size()) {
      at += append_escape(content.substr(at), start.bytes, out);
    } else if (c == '\r') {
      out += '\n';
      at += content.substr(at, 2) == "\r\n" ? 2 : 1;
    } else {
      const bool doubled = start.formatted && (c == '{' || c == '}') && at + 1 < content.size() &&
                           content[at + 1] == c;
      out += c;
      at += doubled ? 2 : 1;
    }
  }
}

std::string literal_value(std::string_view literal) {
  std::string value;
  std::size_t at = skip_blank(literal, 0);
  while (at < literal.size()) {
    const std::string_view rest = literal.substr(at);
    const auto start = literal_start(rest);
    if (!start || start->bytes || start->formatted || start->templated) return {};
    const std::size_t end = literal_end(rest, *start);
    if (end == std::string_view::npos) return {};
    append_decoded(literal_content(rest.substr(0, end), *start), *start, value);
    at = skip_blank(literal, at + end);
  }
  return value;
}

}  // namespace torchdevice::gap

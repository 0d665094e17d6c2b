#include "gap/read/cpp/cpp_tokens.h"

#include <algorithm>
#include <array>

namespace torchdevice::gap {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
         static_cast<unsigned char>(c) >= 0x80;
}

template <typename Predicate>
std::size_t run_end(std::string_view text, std::size_t begin, Predicate belongs) {
  return static_cast<std::size_t>(
      std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), belongs) -
      text.begin());
}

std::size_t quoted_end(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    } else if (text[at] == '\n') {
      return at;
    }
  }
  return text.size();
}

/// `R"tag( … )tag"`; `begin` is at the quote.
std::size_t raw_end(std::string_view text, std::size_t begin) {
  constexpr std::size_t kMaxDelimiter = 16;
  const std::size_t length = text.substr(begin + 1, kMaxDelimiter + 1).find('(');
  if (length == std::string_view::npos) {
    return quoted_end(text, begin);
  }
  const std::size_t open = begin + 1 + length;
  const std::string_view delimiter = text.substr(begin + 1, open - begin - 1);
  for (std::size_t at = text.find(')', open); at != std::string_view::npos;
       at = text.find(')', at + 1)) {
    const std::size_t quote = at + 1 + delimiter.size();
    if (quote < text.size() && text[quote] == '"' &&
        text.substr(at + 1, delimiter.size()) == delimiter) {
      return quote + 1;
    }
  }
  return text.size();
}

bool is_literal_prefix(std::string_view name) {
  constexpr std::array<std::string_view, 9> kPrefixes = {"R",  "L",  "u",  "U",  "u8",
                                                         "LR", "uR", "UR", "u8R"};
  return std::find(kPrefixes.begin(), kPrefixes.end(), name) != kPrefixes.end();
}

std::size_t comment_end(std::string_view text, std::size_t begin) {
  if (text[begin + 1] == '*') {
    const std::size_t end = text.find("*/", begin + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  std::size_t end = text.find('\n', begin);
  while (end != std::string_view::npos && text[end - 1] == '\\') {
    end = text.find('\n', end + 1);
  }
  return end == std::string_view::npos ? text.size() : end;
}

}  // namespace

CppToken next_cpp_token(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) {
    return {};
  }
  const char first = text[offset];
  const char second = offset + 1 < text.size() ? text[offset + 1] : '\0';
  const auto token = [&](CppTokenKind kind, std::size_t end) {
    return CppToken{kind, text.substr(offset, end - offset)};
  };
  if (is_space(first)) {
    return token(CppTokenKind::Space, run_end(text, offset, is_space));
  }
  if (first == '/' && (second == '/' || second == '*')) {
    return token(CppTokenKind::Comment, comment_end(text, offset));
  }
  if (is_digit(first) || (first == '.' && is_digit(second))) {
    return token(CppTokenKind::Number, run_end(text, offset, [](char c) {
                   return is_identifier(c) || c == '.' || c == '\'';
                 }));
  }
  if (is_identifier(first)) {
    const std::size_t end = run_end(text, offset, is_identifier);
    const std::string_view name = text.substr(offset, end - offset);
    if (end < text.size() && text[end] == '"' && is_literal_prefix(name)) {
      return token(CppTokenKind::String,
                   name.back() == 'R' ? raw_end(text, end) : quoted_end(text, end));
    }
    return token(CppTokenKind::Identifier, end);
  }
  if (first == '"' || first == '\'') {
    return token(first == '"' ? CppTokenKind::String : CppTokenKind::Character,
                 quoted_end(text, offset));
  }
  return token(CppTokenKind::Punctuation, offset + (first == '#' && second == '#' ? 2 : 1));
}

}  // namespace torchdevice::gap

#include "gap/read/python/function_body.h"

#include "gap/read/python/literal.h"
#include "gap/read/python/python_lines.h"

namespace torchdevice::gap {
namespace {

/// Behind the white space and joined lines at `at`.
std::uint32_t past_space(std::string_view file, std::uint32_t at) {
  for (;;) {
    at = past(file, at, Byte::Space);
    if (!is_at(file, at, Byte::Backslash) || !is_at(file, at + 1, Byte::Newline)) return at;
    at = past_newline(file, at + 1);
  }
}

/// The string literals that are all of the statement at `at`; empty if it is another.
SourceRange docstring_at(std::string_view file, std::uint32_t at) {
  SourceRange range{at, at};
  for (;;) {
    const auto start = literal_start(file.substr(at));
    if (!start || start->bytes || start->formatted || start->templated) break;
    const std::size_t length = literal_end(file.substr(at), *start);
    if (length == file.npos) break;
    range.end = at + static_cast<std::uint32_t>(length);
    at = past_space(file, range.end);
  }
  const bool ends = at == file.size() || is_at(file, at, Byte::Newline) ||
                    is_at(file, at, Byte::Comment) || file[at] == ';';
  return ends ? range : SourceRange{};
}

}  // namespace

std::optional<FunctionBody> find_body(std::string_view file, std::uint32_t colon,
                                      std::string_view indent) {
  std::uint32_t at = past_comment(file, past(file, colon + 1, Byte::Space));
  if (!is_at(file, at, Byte::Newline)) return std::nullopt;
  at = past_newline(file, at);
  FunctionBody body;
  body.end = at;
  std::optional<std::string_view> inner;
  while (at < file.size()) {
    const LineStart line = line_start(file, at);
    if (line.blank) {
      at = body.end = past_line_end(file, line.code);
      continue;
    }
    const bool deeper = line.indent.size() > indent.size() && line.indent.starts_with(indent);
    if (!deeper) {
      if (!indent.starts_with(line.indent)) return std::nullopt;
      break;
    }
    if (!inner) {
      inner = line.indent;
      body.range.begin = line.code;
      body.docstring = docstring_at(file, line.code);
    } else if (!line.indent.starts_with(*inner)) {
      return std::nullopt;
    }
    const auto end = logical_line_end(file, line.code);
    if (!end) return std::nullopt;
    body.range.end = *end;
    while (is_at(file, body.range.end - 1, Byte::Space) || file[body.range.end - 1] == ';') {
      --body.range.end;
    }
    at = body.end = past_line_end(file, *end);
  }
  if (!inner) return std::nullopt;
  return body;
}

}  // namespace torchdevice::gap

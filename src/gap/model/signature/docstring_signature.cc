#include <algorithm>
#include <cctype>
#include <memory>

#include "gap/model/dotted_name.h"
#include "gap/model/signature/signature.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view without_leading_space(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

/// The end of the bracketed text that begins at `open`; npos where it is not closed.
std::size_t closing_bracket(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '[') {
      ++depth;
    } else if ((text[at] == ')' || text[at] == ']') && --depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// The text after `->` in the same line; a colon at its end is no part of it.
std::string_view returns_of(std::string_view rest) {
  rest = rest.substr(0, rest.find('\n'));
  rest = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!rest.starts_with("->")) {
    return {};
  }
  rest = without_leading_space(rest.substr(2));
  const std::size_t last = rest.find_last_not_of(" \t\r:.");
  return last == std::string_view::npos ? std::string_view() : rest.substr(0, last + 1);
}

const FunctionDef* only_function(const PythonFile& file) {
  const Block statements = file.statements();
  return statements.size() == 1 && file.errors().empty()
             ? std::get_if<FunctionDef>(&statements.front().node)
             : nullptr;
}

}  // namespace

std::optional<Signature> signature_from_docstring(std::string_view docstring,
                                                  std::string_view name) {
  const std::string_view text = without_leading_space(docstring);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0) {
    return std::nullopt;
  }
  const std::string_view path = text.substr(0, open);
  const bool is_path =
      std::ranges::all_of(path, [](char c) { return is_identifier(c) || c == '.'; });
  const std::size_t close = closing_bracket(text, open);
  if (!is_path || simple_name(path) != name || close == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string head = "def f" + std::string(text.substr(open, close - open + 1));
  const std::string_view returns = returns_of(text.substr(close + 1));
  std::unique_ptr<PythonFile> file = PythonFile::parse(
      "docstring", head + (returns.empty() ? "" : " -> " + std::string(returns)) + ": ...\n",
      Bodies::Elided);
  const FunctionDef* function = only_function(*file);
  if (function == nullptr) {  // the return part of a docstring is prose as often as not
    file = PythonFile::parse("docstring", head + ": ...\n", Bodies::Elided);
    function = only_function(*file);
  }
  if (function == nullptr) {
    return std::nullopt;
  }
  Signature signature = signature_of(*function, *file);
  signature.source = FactSource::Docstring;
  signature.confidence = Confidence::Derived;
  signature.file.clear();
  signature.line = 0;
  return signature;
}

}  // namespace torchdevice::gap

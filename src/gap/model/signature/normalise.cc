#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "gap/model/signature/one_line.h"
#include "gap/model/signature/signature.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

/// Spellings of the same type, `typing`'s and those that PyTorch's stubs import from torch.types.
std::string_view canonical_type(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {
      {"List", "list"},        {"Dict", "dict"},           {"Tuple", "tuple"},
      {"Set", "set"},          {"FrozenSet", "frozenset"}, {"Type", "type"},
      {"Text", "str"},         {"Deque", "deque"},         {"DefaultDict", "defaultdict"},
      {"_int", "int"},         {"_float", "float"},        {"_bool", "bool"},
      {"_complex", "complex"}, {"_dtype", "dtype"},        {"_device", "device"},
      {"_layout", "layout"},   {"_qscheme", "qscheme"},    {"NoneType", "None"},
  };
  for (const auto& [spelling, canonical] : kSpellings) {
    if (name == spelling) {
      return canonical;
    }
  }
  return name;
}

std::string_view without_known_module(std::string_view dotted) {
  for (const std::string_view module : {"typing.", "typing_extensions.", "collections.abc.",
                                        "builtins.", "types.", "_C.", "torch._C.", "torch."}) {
    if (dotted.starts_with(module)) {
      return dotted.substr(module.size());
    }
  }
  return dotted;
}

std::string quoted(std::string_view text, std::string_view prefix = "") {
  std::string quoted = std::string(prefix) + "'";
  for (const char c : text) {
    switch (c) {
      case '\\':
        quoted += "\\\\";
        break;
      case '\'':
        quoted += "\\'";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        quoted += c;
    }
  }
  return quoted + "'";
}

/// As Python's repr() shows the number, as far as 64 bits hold it.
std::string number(std::string_view written) {
  std::string digits;
  for (const char c : written) {
    if (c != '_') {
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  std::string_view suffix;
  if (digits.ends_with('j')) {
    digits.pop_back();
    suffix = "j";
  }
  const char* begin = digits.data();
  const char* const end = begin + digits.size();
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' &&
      std::isalpha(static_cast<unsigned char>(digits[1]))) {
    base = digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : 2;
    begin += 2;
  }
  std::uint64_t integer = 0;
  if (const auto read = std::from_chars(begin, end, integer, base);
      read.ec == std::errc() && read.ptr == end) {
    return fmt::format("{}{}", integer, suffix);
  }
  double real = 0;
  if (const auto read = std::from_chars(begin, end, real);
      base == 10 && read.ec == std::errc() && read.ptr == end &&
      digits.find_first_of(".e") != std::string::npos) {
    std::string text = fmt::format("{}", real);
    if (text.find_first_of(".en") == std::string::npos) {
      text += ".0";
    }
    return text + std::string(suffix);
  }
  return digits + std::string(suffix);
}

/// A text parsed as one expression; null where it is none.
struct ParsedExpression {
  explicit ParsedExpression(std::string_view text)
      // In brackets: it may have line breaks; a comment would hide a bracket in the same line.
      : file(PythonFile::parse("expression", "(" + std::string(text) + "\n)\n", Bodies::Elided)) {
    const Block statements = file->statements();
    if (statements.size() == 1 && file->errors().empty()) {
      const auto* statement = std::get_if<ExprStmt>(&statements.front().node);
      expression = statement == nullptr ? nullptr : statement->value;
    }
  }

  std::unique_ptr<PythonFile> file;
  const Expr* expression = nullptr;
};

/// Renders expressions in one spelling. In an annotation names are types and strings are forward
/// references.
class Renderer {
 public:
  explicit Renderer(const PythonFile& file) : file_(file) {}

  std::string value(const Expr& e) const;
  std::string type(const Expr& e) const;

 private:
  using Render = std::string (Renderer::*)(const Expr&) const;

  std::string list(std::span<const Expr* const> items, Render render) const;
  std::string dict(const Expr& e) const;
  std::string generic(const Expr& e) const;
  std::string plain_type(const Expr& e) const;
  void collect_union(const Expr& e, std::vector<std::string>& members) const;
  std::string as_written(const Expr& e) const { return one_line(file_.text(e.range)); }

  const PythonFile& file_;
};

std::string Renderer::list(std::span<const Expr* const> items, Render render) const {
  std::string text;
  for (const Expr* item : items) {
    text += text.empty() ? "" : ", ";
    text += item == nullptr ? "" : (this->*render)(*item);
  }
  return text;
}

std::string Renderer::dict(const Expr& e) const {
  std::string text;
  for (std::size_t at = 0; at < e.items.size();) {
    text += text.empty() ? "" : ", ";
    if (e.items[at]->kind == ExprKind::DoubleStarred || at + 1 == e.items.size()) {
      text += value(*e.items[at]);
      ++at;
      continue;
    }
    text += value(*e.items[at]) + ": " + value(*e.items[at + 1]);
    at += 2;
  }
  return "{" + text + "}";
}

std::string Renderer::value(const Expr& e) const {
  switch (e.kind) {
    case ExprKind::Attribute:
      return value(*e.items[0]) + "." + std::string(e.text);
    case ExprKind::Subscript:
      return value(*e.items[0]) + "[" + list(e.items.subspan(1), &Renderer::value) + "]";
    case ExprKind::Call:
      return value(*e.items[0]) + "(" + list(e.items.subspan(1), &Renderer::value) + ")";
    case ExprKind::Keyword:
      return std::string(e.text) + "=" + value(*e.items[0]);
    case ExprKind::String:
      return quoted(e.text);
    case ExprKind::Bytes:
      return quoted(e.text, "b");
    case ExprKind::Number:
      return number(e.text);
    case ExprKind::Tuple:
      return "(" + list(e.items, &Renderer::value) + (e.items.size() == 1 ? ",)" : ")");
    case ExprKind::List:
      return "[" + list(e.items, &Renderer::value) + "]";
    case ExprKind::Set:
      return "{" + list(e.items, &Renderer::value) + "}";
    case ExprKind::Dict:
      return dict(e);
    case ExprKind::UnaryOp:
      return std::string(e.text) + (e.text == "not" ? " " : "") + value(*e.items[0]);
    default:
      return as_written(e);
  }
}

/// The subscripts of `X[a, b]`, whether the parser gives them apart or as one tuple.
std::span<const Expr* const> subscripts(const Expr& e) {
  const std::span<const Expr* const> items = e.items.subspan(1);
  const bool tuple = items.size() == 1 && items[0] != nullptr &&
                     items[0]->kind == ExprKind::Tuple && !items[0]->items.empty();
  return tuple ? items[0]->items : items;
}

std::string Renderer::generic(const Expr& e) const {
  const std::string owner = plain_type(*e.items[0]);
  const Render render = owner == "Literal" ? &Renderer::value : &Renderer::type;
  return owner + "[" + list(subscripts(e), render) + "]";
}

std::string Renderer::plain_type(const Expr& e) const {
  switch (e.kind) {
    case ExprKind::Name:
      return std::string(canonical_type(e.text));
    case ExprKind::Attribute:
      return std::string(canonical_type(without_known_module(value(e))));
    case ExprKind::List:
      return "[" + list(e.items, &Renderer::type) + "]";
    case ExprKind::Tuple:
      return "(" + list(e.items, &Renderer::type) + ")";
    case ExprKind::Subscript:
      return generic(e);
    default:
      return value(e);
  }
}

/// The members of `X | Y`, `Union[X, Y]` and `Optional[X]`, flat.
void Renderer::collect_union(const Expr& e, std::vector<std::string>& members) const {
  if (e.kind == ExprKind::BinaryOp && e.text == "|") {
    for (const Expr* operand : e.items) {
      collect_union(*operand, members);
    }
    return;
  }
  if (e.kind == ExprKind::String) {
    const ParsedExpression reference(e.text);
    if (reference.expression != nullptr) {
      Renderer(*reference.file).collect_union(*reference.expression, members);
      return;
    }
  }
  if (e.kind == ExprKind::Subscript) {
    const std::string owner = plain_type(*e.items[0]);
    if (owner == "Optional" || owner == "Union") {
      for (const Expr* member : subscripts(e)) {
        if (member != nullptr) {
          collect_union(*member, members);
        }
      }
      if (owner == "Optional") {
        members.emplace_back("None");
      }
      return;
    }
  }
  members.push_back(plain_type(e));
}

std::string Renderer::type(const Expr& e) const {
  std::vector<std::string> members;
  collect_union(e, members);
  std::ranges::sort(members);
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return fmt::format("{}", fmt::join(members, " | "));
}

bool is_identifier(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

}  // namespace

std::string normalise_default(std::string_view written) {
  if (is_identifier(written)) {
    const bool digit = !written.empty() && std::isdigit(static_cast<unsigned char>(written[0]));
    return digit ? number(written) : std::string(written);
  }
  const ParsedExpression parsed(written);
  return parsed.expression == nullptr ? one_line(written)
                                      : Renderer(*parsed.file).value(*parsed.expression);
}

std::string normalise_annotation(std::string_view written) {
  if (is_identifier(written)) {
    return std::string(canonical_type(written));
  }
  const ParsedExpression parsed(written);
  return parsed.expression == nullptr ? one_line(written)
                                      : Renderer(*parsed.file).type(*parsed.expression);
}

}  // namespace torchdevice::gap

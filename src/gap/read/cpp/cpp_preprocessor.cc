#include "gap/read/cpp/cpp_preprocessor.h"

#include <algorithm>
#include <array>
#include <optional>

#include "gap/read/cpp/cpp_tokens.h"

namespace torchdevice::gap {
namespace {

constexpr std::size_t kMaxDepth = 64;
/// Conditionals nested deeper are left as they stand.
constexpr std::size_t kMaxConditionals = 32;

/// Macros of PyTorch and pybind11 that are understood as they stand, whoever defines them.
constexpr std::array<std::string_view, 5> kKeptPrefixes = {
    "TORCH_LIBRARY", "STABLE_TORCH_LIBRARY", "PYBIND11_", "C10_REGISTER_", "REGISTER_"};
/// Macros of PyTorch that stand where no expression or declaration can, and say nothing here.
constexpr std::array<std::string_view, 12> kErased = {
    "HANDLE_TH_ERRORS", "END_HANDLE_TH_ERRORS", "C10_UNUSED",
    "C10_NODISCARD",    "C10_ALWAYS_INLINE",    "C10_NOINLINE",
    "C10_EXPORT",       "C10_HIDDEN",           "C10_HOST_DEVICE",
    "TORCH_API",        "TORCH_CUDA_CPP_API",   "PyObject_HEAD"};

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// A registration macro is kept where PyTorch defines it; one of the subject's own, which happens
/// to begin alike, has to be expanded.
bool is_kept(std::string_view name, const CppMacro& macro) {
  const bool registration =
      std::any_of(kKeptPrefixes.begin(), kKeptPrefixes.end(),
                  [&](std::string_view prefix) { return name.starts_with(prefix); });
  return registration && macro.body.find("TORCH_LIBRARY") == std::string::npos &&
         macro.body.find(".impl(") == std::string::npos;
}

// --- directives

/// A directive with its continued lines.
struct Directive {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  ///< after the line's end
  std::string_view name;
  std::string arguments;  ///< continued lines joined, comments gone
};

std::string without_comments(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const CppToken token = next_cpp_token(text, at);
    at += token.text.size();
    if (token.kind == CppTokenKind::Comment || token.kind == CppTokenKind::Space ||
        token.text == "\\") {
      result += ' ';
    } else {
      result += token.text;
    }
  }
  const std::size_t last = result.find_last_not_of(' ');
  result.resize(last == std::string::npos ? 0 : last + 1);
  result.erase(0, result.find_first_not_of(' '));
  return result;
}

/// `text[begin]` is the `#`.
Directive read_directive(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  do {
    end = text.find('\n', end + 1);
  } while (end != std::string_view::npos &&
           (text[end - 1] == '\\' || (text[end - 1] == '\r' && text[end - 2] == '\\')));
  end = end == std::string_view::npos ? text.size() : end;

  const std::string_view line = text.substr(begin + 1, end - begin - 1);
  const std::size_t name = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t after =
      std::min(line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", name), line.size());
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
          line.substr(name, after - name), without_comments(line.substr(after))};
}

/// `NAME(a, b, ...) body` after `#define`. Nothing where it is malformed.
std::optional<std::pair<std::string, CppMacro>> parse_define(std::string_view arguments) {
  const CppToken name = next_cpp_token(arguments, 0);
  if (name.kind != CppTokenKind::Identifier) {
    return std::nullopt;
  }
  CppMacro macro;
  std::size_t at = name.text.size();
  if (at < arguments.size() && arguments[at] == '(') {
    macro.function_like = true;
    const std::size_t close = arguments.find(')', at);
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    for (++at; at < close;) {
      const CppToken token = next_cpp_token(arguments, at);
      at += token.text.size();
      if (token.kind == CppTokenKind::Identifier) {
        macro.parameters.emplace_back(token.text);
      } else if (token.text == ".") {
        macro.variadic = true;
      }
    }
    at = close + 1;
  }
  const std::size_t body = std::min(arguments.find_first_not_of(' ', at), arguments.size());
  macro.body = arguments.substr(body);
  return std::pair(std::string(name.text), std::move(macro));
}

/// How many brackets of each kind stay open.
std::array<int, 3> open_brackets(std::string_view text) {
  std::array<int, 3> open = {};
  for (std::size_t at = 0; at < text.size();) {
    const CppToken token = next_cpp_token(text, at);
    at += token.text.size();
    if (token.kind == CppTokenKind::Punctuation) {
      const std::size_t kind = std::string_view("{}()[]").find(token.text[0]);
      if (kind != std::string_view::npos) {
        open.at(kind / 2) += kind % 2 == 0 ? 1 : -1;
      }
    }
  }
  return open;
}

/// One `#if … #elif … #else … #endif`.
struct Group {
  struct Branch {
    std::string condition;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool dead = false;  ///< `#if 0`
  };
  std::vector<Branch> branches;
  bool guards_include = false;
};

/// Takes directives out of a file, with the branches of conditionals that cannot stand beside the
/// first one, and keeps every other byte in its place.
class DirectiveReader {
 public:
  struct Change {  ///< a `#define` or `#undef`
    std::uint32_t offset = 0;
    std::string name;
    std::optional<CppMacro> macro;
  };

  explicit DirectiveReader(std::string_view text) : clean(text), text_(text) {
    bool line_start = true;
    for (std::size_t at = 0; at < text.size();) {
      const CppToken token = next_cpp_token(text, at);
      if (line_start && token.text == "#") {
        const Directive directive = read_directive(text, at);
        take(directive);
        blank(directive.begin, directive.end);
        at = directive.end;
        continue;
      }
      if (token.kind == CppTokenKind::Space) {
        line_start = line_start || token.text.find('\n') != std::string_view::npos;
      } else if (token.kind != CppTokenKind::Comment) {
        line_start = false;
      }
      at += token.text.size();
    }
  }

  std::string clean;
  std::vector<Change> changes;
  std::vector<CppConditional> conditionals;

 private:
  void take(const Directive& directive) {
    const auto& [begin, end, name, arguments] = directive;
    if (name == "define") {
      if (auto defined = parse_define(arguments)) {
        changes.push_back({end, std::move(defined->first), std::move(defined->second)});
      }
      if (guard_candidate_ == arguments.substr(0, arguments.find(' ')) && !groups_.empty()) {
        groups_.back().guards_include = true;
      }
    } else if (name == "undef") {
      changes.push_back({end, arguments, std::nullopt});
    } else if (name == "ifdef" || name == "ifndef" || name == "if") {
      const std::string condition = name == "if"      ? arguments
                                    : name == "ifdef" ? "defined(" + arguments + ")"
                                                      : "!defined(" + arguments + ")";
      groups_.push_back({{{condition, end, end, arguments == "0"}}, false});
    } else if ((name == "elif" || name == "else") && !groups_.empty()) {
      auto& branches = groups_.back().branches;
      branches.back().end = begin;
      branches.push_back(
          {name == "elif" ? arguments : "!(" + branches.front().condition + ")", end, end, false});
    } else if (name == "endif" && !groups_.empty()) {
      groups_.back().branches.back().end = begin;
      if (groups_.size() <= kMaxConditionals) {
        close(groups_.back());
      }
      groups_.pop_back();
    }
    guard_candidate_ = name == "ifndef" ? arguments : "";
  }

  void close(const Group& group) {
    const auto body = [&](const Group::Branch& branch) {
      return std::string_view(clean).substr(branch.begin, branch.end - branch.begin);
    };
    const bool side_by_side =
        std::all_of(group.branches.begin(), group.branches.end(), [&](const auto& branch) {
          return group.branches.size() == 1 || open_brackets(body(branch)) == std::array<int, 3>{};
        });
    bool taken = false;
    for (const auto& branch : group.branches) {
      if (branch.dead || (taken && !side_by_side)) {
        blank(branch.begin, branch.end);
        continue;
      }
      taken = true;
      if (!group.guards_include && branch.condition.find("__cplusplus") == std::string::npos) {
        conditionals.push_back({{branch.begin, branch.end}, branch.condition});
      }
    }
  }

  void blank(std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; ++at) {
      if (clean[at] != '\n') clean[at] = ' ';
    }
  }

  std::string_view text_;
  std::vector<Group> groups_;
  std::string guard_candidate_;
};

// --- expansion

class Expander {
 public:
  Expander(const CppMacros& shared, CppTranslation& result) : shared_(shared), result_(result) {}

  void run(std::string_view clean, const std::vector<DirectiveReader::Change>& changes) {
    auto change = changes.begin();
    budget_ = kMaxExpansion;
    for (std::size_t at = 0; at < clean.size();) {
      for (; change != changes.end() && change->offset <= at; ++change) {
        local_[change->name] = change->macro;
      }
      const CppToken token = next_cpp_token(clean, at);
      const std::size_t begin = at;
      at += token.text.size();
      if (token.kind == CppTokenKind::Comment || is_erased(clean, token, at)) {
        emit(std::string(std::count(token.text.begin(), token.text.end(), '\n'), '\n') + ' ', begin,
             false);
        continue;
      }
      const CppMacro* macro = token.kind == CppTokenKind::Identifier ? find(token.text) : nullptr;
      std::string expansion;
      if (macro != nullptr && expand_one(clean, token.text, *macro, at, expansion, 0)) {
        emit(expansion, begin, false);
      } else {
        emit(token.text, begin, true);
      }
      after_class_ = token.text == "class" || token.text == "struct" ||
                     (after_class_ && token.kind == CppTokenKind::Space);
    }
  }

 private:
  const CppMacro* find(std::string_view name) const {
    const std::string key(name);
    if (const auto local = local_.find(key); local != local_.end()) {
      return local->second && !is_kept(name, *local->second) ? &*local->second : nullptr;
    }
    const auto shared = shared_.find(key);
    return shared != shared_.end() ? &shared->second : nullptr;
  }

  /// Names that stand in the way of the parser: `TORCH_API` in `class TORCH_API Foo {`.
  bool is_erased(std::string_view clean, const CppToken& token, std::size_t after) const {
    if (token.kind != CppTokenKind::Identifier) {
      return false;
    }
    if (contains(kErased, token.text) || token.text.starts_with("END_HANDLE_TH_ERRORS")) {
      return true;
    }
    if (!after_class_ || find(token.text) != nullptr) {
      return false;
    }
    CppToken next = next_cpp_token(clean, after);
    if (next.kind == CppTokenKind::Space) {
      next = next_cpp_token(clean, after + next.text.size());
    }
    return next.kind == CppTokenKind::Identifier && next.text != "final" &&
           std::none_of(token.text.begin(), token.text.end(),
                        [](char c) { return c >= 'a' && c <= 'z'; });
  }

  void emit(std::string_view text, std::size_t original, bool verbatim) {
    auto& segments = result_.segments;
    const auto output = static_cast<std::uint32_t>(result_.text.size());
    const auto from = static_cast<std::uint32_t>(original);
    const bool joins = verbatim && !segments.empty() && segments.back().verbatim &&
                       output - segments.back().output == from - segments.back().original;
    if (!joins) {
      segments.push_back({output, from, verbatim});
    }
    result_.text += text;
  }

  /// The arguments of a call; `at` is moved behind the `)`. Nothing where no call follows.
  static std::optional<std::vector<std::string>> arguments(std::string_view text, std::size_t& at) {
    std::size_t cursor = at;
    CppToken token = next_cpp_token(text, cursor);
    while (token.kind == CppTokenKind::Space || token.kind == CppTokenKind::Comment) {
      cursor += token.text.size();
      token = next_cpp_token(text, cursor);
    }
    if (token.text != "(") {
      return std::nullopt;
    }
    ++cursor;
    std::vector<std::string> found(1);
    for (int depth = 1; depth > 0;) {
      token = next_cpp_token(text, cursor);
      if (token.kind == CppTokenKind::End) {
        return std::nullopt;
      }
      cursor += token.text.size();
      const bool opens = token.text == "(" || token.text == "[" || token.text == "{";
      const bool closes = token.text == ")" || token.text == "]" || token.text == "}";
      depth += opens ? 1 : closes ? -1 : 0;
      if (depth == 0) {
        break;
      }
      if (depth == 1 && token.text == ",") {
        found.emplace_back();
      } else if (token.kind == CppTokenKind::Comment || token.kind == CppTokenKind::Space) {
        if (!found.back().empty()) found.back() += ' ';
      } else {
        found.back() += token.text;
      }
    }
    at = cursor;
    return found;
  }

  /// Expands one use of `macro`; `at` is behind its name. False where it is no use of it.
  bool expand_one(std::string_view text, std::string_view name, const CppMacro& macro,
                  std::size_t& at, std::string& output, std::size_t depth) {
    if (depth > kMaxDepth || budget_ == 0 || contains(active_, name)) {
      return false;
    }
    std::string replaced;
    if (macro.function_like) {
      const auto given = arguments(text, at);
      if (!given) {
        return false;
      }
      replaced = substitute(macro, *given, depth);
    } else {
      replaced = macro.body;
    }
    if (replaced.size() > budget_) {
      if (budget_ > 0) {
        result_.problems.push_back("macros expand to more than 2 MB; from " + std::string(name) +
                                   " on, they were left as they stand");
      }
      budget_ = 0;
      return false;
    }
    budget_ -= replaced.size();
    active_.emplace_back(name);
    expand_text(replaced, output, depth + 1);
    active_.pop_back();
    return true;
  }

  void expand_text(std::string_view text, std::string& output, std::size_t depth) {
    for (std::size_t at = 0; at < text.size();) {
      const CppToken token = next_cpp_token(text, at);
      at += token.text.size();
      const CppMacro* macro = token.kind == CppTokenKind::Identifier ? find(token.text) : nullptr;
      if (macro == nullptr || !expand_one(text, token.text, *macro, at, output, depth)) {
        if (token.kind != CppTokenKind::Identifier || !contains(kErased, token.text)) {
          output += token.text;
        }
      }
    }
  }

  static std::string joined(const std::vector<std::string>& arguments, std::size_t from) {
    std::string result;
    for (std::size_t i = from; i < arguments.size(); ++i) {
      result += (i > from ? ", " : "") + arguments[i];
    }
    return result;
  }

  static std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    return result + '"';
  }

  std::string substitute(const CppMacro& macro, const std::vector<std::string>& arguments,
                         std::size_t depth) {
    const auto argument = [&](std::string_view name) -> std::optional<std::string> {
      if (macro.variadic && name == "__VA_ARGS__") {
        return joined(arguments, macro.parameters.size());
      }
      const auto found = std::find(macro.parameters.begin(), macro.parameters.end(), name);
      const auto number = static_cast<std::size_t>(found - macro.parameters.begin());
      if (found == macro.parameters.end()) {
        return std::nullopt;
      }
      return number < arguments.size() ? arguments[number] : std::string();
    };
    std::string output;
    bool stringify = false;
    bool paste = false;
    const std::string_view body = macro.body;
    for (std::size_t at = 0; at < body.size();) {
      const CppToken token = next_cpp_token(body, at);
      at += token.text.size();
      if (token.text == "##") {
        output.resize(output.find_last_not_of(' ') + 1);
        paste = true;
        continue;
      }
      if (token.kind == CppTokenKind::Space && (paste || stringify)) {
        continue;
      }
      if (token.text == "#" && macro.function_like) {
        stringify = true;
        continue;
      }
      const auto given =
          token.kind == CppTokenKind::Identifier ? argument(token.text) : std::nullopt;
      if (!given) {
        output += token.text;
      } else if (stringify) {
        output += quoted(*given);
      } else if (paste || pastes_next(body, at)) {
        output += *given;
      } else {
        expand_text(*given, output, depth + 1);
      }
      stringify = paste = false;
      if (output.size() > budget_) {
        break;  // expand_one() refuses what is over the budget
      }
    }
    return output;
  }

  static bool pastes_next(std::string_view body, std::size_t at) {
    const std::size_t next = body.find_first_not_of(' ', at);
    return next != std::string_view::npos && body.substr(next, 2) == "##";
  }

  const CppMacros& shared_;
  CppTranslation& result_;
  std::unordered_map<std::string, std::optional<CppMacro>> local_;
  std::vector<std::string> active_;
  std::size_t budget_ = 0;
  bool after_class_ = false;
};

}  // namespace

CppMacros defined_macros(std::string_view text) {
  CppMacros macros;
  for (auto& change : DirectiveReader(text).changes) {
    if (!change.macro) {
      macros.erase(change.name);
    } else if (!is_kept(change.name, *change.macro)) {
      macros.insert_or_assign(std::move(change.name), std::move(*change.macro));
    }
  }
  return macros;
}

CppTranslation preprocess(std::string_view text, const CppMacros& shared) {
  DirectiveReader reader(text);
  CppTranslation result;
  result.text.reserve(text.size());
  Expander(shared, result).run(reader.clean, reader.changes);
  result.conditionals = std::move(reader.conditionals);
  return result;
}

std::uint32_t CppTranslation::original(std::uint32_t offset) const {
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), offset,
      [](std::uint32_t at, const Segment& segment) { return at < segment.output; });
  if (after == segments.begin()) {
    return 0;
  }
  const Segment& segment = *std::prev(after);
  return segment.original + (segment.verbatim ? offset - segment.output : 0);
}

}  // namespace torchdevice::gap

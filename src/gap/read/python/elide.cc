#include "gap/read/python/elide.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "gap/read/python/function_body.h"
#include "gap/read/python/literal.h"
#include "gap/read/python/python_lines.h"

namespace torchdevice::gap {
namespace {

constexpr std::size_t kShortString = 16;
constexpr std::size_t kMaxColumn = 255;
constexpr std::size_t kMaxSearched = std::size_t{1} << 28;

/// Watches a logical line for a list of expressions that has an item with a star and no parentheses
/// of its own: `return *a, b`. Told every token outside brackets.
class StarredList {
 public:
  /// The beginning of the list that was open, if it needs parentheses; none is open then.
  std::optional<std::uint32_t> close() {
    const auto begin = starred_ ? begin_ : std::nullopt;
    *this = {};
    return begin;
  }

  /// The next token begins a list.
  void open() {
    *this = {};
    opening_ = prefix_ = true;
  }

  void token(std::uint32_t at) {
    if (opening_) begin_ = at;
    opening_ = false;
  }

  void operand() { prefix_ = false; }

  /// An operator or comma: a star behind it belongs to an item.
  void separator() { prefix_ = true; }

  void star() {
    if (prefix_ && begin_) starred_ = true;
    prefix_ = true;
  }

 private:
  bool opening_ = false;
  bool prefix_ = false;  ///< an operator here is a prefix
  bool starred_ = false;
  std::optional<std::uint32_t> begin_;
};

}  // namespace

/// The pass over one file or block that writes an ElidedText.
class Elider {
 public:
  Elider(std::string_view file, std::uint32_t begin, bool elide)
      : file_(file), at_(begin), kept_(begin), elide_(elide) {}

  ElidedText run(std::string_view front) {
    out_.text_.reserve((file_.size() - at_) / (elide_ ? 4 : 1) + front.size() + 16);
    if (!front.empty()) write(front, {at_, at_});
    while (at_ < file_.size()) logical_line();
    keep_until(end());
    if (out_.segments_.empty()) out_.segments_.push_back({0, {end(), end()}, true});
    return std::move(out_);
  }

 private:
  std::uint32_t end() const { return static_cast<std::uint32_t>(file_.size()); }
  bool here(Byte kind) const { return is_at(file_, at_, kind); }

  // --- writing ---

  /// Copies what has been passed over and not written yet.
  void keep_until(std::uint32_t offset) {
    if (kept_ >= offset) return;
    auto& segments = out_.segments_;
    if (!segments.empty() && !segments.back().own && segments.back().file.end == kept_) {
      segments.back().file.end = offset;  // directly continues the last copy
    } else {
      segments.push_back({size(), {kept_, offset}, false});
    }
    out_.text_.append(file_.substr(kept_, offset - kept_));
    kept_ = offset;
  }

  /// Writes text of our own in place of the file's range, which begins where the last copy ended.
  void write(std::string_view text, SourceRange file) {
    out_.segments_.push_back({size(), file, true});
    out_.text_.append(text);
    kept_ = file.end;
  }

  void replace(SourceRange file, std::string_view text) {
    keep_until(file.begin);
    write(text, file);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(out_.text_.size()); }

  // --- lines ---

  void logical_line() {
    const std::uint32_t begin = at_;
    const LineStart line = line_start(file_, at_);
    at_ = line.code;
    if (line.blank) {
      line_end();
      return;
    }
    if (within_ && !(line.indent.size() > within_->size() && line.indent.starts_with(*within_))) {
      within_.reset();
    }
    if (too_far_right(line.indent)) {
      leave_out_line(begin);
      return;
    }
    depth_ = 0;
    unclear_ = lambda_ = for_statement_ = false;
    first_ = true;
    list_ = {};
    if (const auto def = elide_ && !within_ ? def_keyword() : std::nullopt) {
      function(line.indent, *def);
      return;
    }
    rest_of_line();
  }

  void rest_of_line() {
    while (token()) {
    }
    close_list();
    line_end();
  }

  /// Drops the comment at at_, if there is one, and passes over the newline.
  void line_end() {
    drop_comment();
    if (here(Byte::Newline)) newline();
  }

  void drop_comment() {
    if (!here(Byte::Comment)) return;
    keep_until(at_);
    at_ = kept_ = past_comment(file_, at_);
  }

  void newline() {
    const std::uint32_t begin = at_;
    at_ = past_newline(file_, at_);
    if (file_[at_ - 1] == '\r') replace({begin, at_}, "\n");
  }

  /// The grammar's scanner keeps columns in a byte, and counts eight for a tab.
  static bool too_far_right(std::string_view indent) {
    if (indent.size() <= kMaxColumn / 8) return false;
    const auto tabs = static_cast<std::size_t>(std::count(indent.begin(), indent.end(), '\t'));
    return indent.size() + 7 * tabs > kMaxColumn;
  }

  void leave_out_line(std::uint32_t begin) {
    if (!out_.too_far_right_) out_.too_far_right_ = begin;
    keep_until(begin);
    at_ = past_line_end(file_, logical_line_end(file_, at_).value_or(end()));
    kept_ = at_;
  }

  // --- tokens ---

  /// Passes over the next token of the logical line; false at its end, before the comment or
  /// newline.
  bool token() {
    if (at_ >= file_.size()) return false;
    const Byte kind = byte_kind(file_[at_]);
    switch (kind) {
      case Byte::Space:
        ++at_;
        return true;
      case Byte::Newline:
        if (depth_ == 0) return false;
        newline();
        return true;
      case Byte::Comment:
        if (depth_ == 0) return false;
        drop_comment();
        return true;
      case Byte::Backslash:
        backslash();
        return true;
      default:
        break;
    }
    if (depth_ == 0) list_.token(at_);
    const bool first = std::exchange(first_, false);
    if (kind == Byte::Quote) {
      string();
    } else if (kind == Byte::Word) {
      word(first);
    } else {
      bracket(kind);
      if (depth_ == 0) operator_character(file_[at_]);
      ++at_;
    }
    return true;
  }

  void bracket(Byte kind) {
    if (kind == Byte::Open) ++depth_;
    if (kind != Byte::Close) return;
    if (depth_ == 0) {
      unclear_ = true;
    } else {
      --depth_;
    }
  }

  /// Of an operator, or a closing bracket, outside brackets.
  void operator_character(char c) {
    switch (c) {
      case '*':
        if (at_ == 0 || file_[at_ - 1] != '*') list_.star();
        break;
      case '=':
        if (is_assignment()) {
          list_.open();
        } else {
          list_.separator();
        }
        break;
      case ';':
        close_list();
        break;
      case ':':
        if (std::exchange(for_statement_, false)) close_list();
        break;
      case '.':
      case ')':
      case ']':
      case '}':
        list_.operand();
        break;
      default:
        list_.separator();
    }
  }

  /// Whether the `=` at at_ ends an assignment's operator: not part of `==`, `<=`, `:=` and so on.
  bool is_assignment() const {
    const auto at = [this](std::uint32_t offset) {
      return offset < file_.size() ? file_[offset] : '\0';
    };
    const char before = at(at_ - 1);
    if (at(at_ + 1) == '=' || before == '=' || before == '!' || before == ':') return false;
    const bool less_or_greater = before == '<' || before == '>';
    return !less_or_greater || at(at_ - 2) == before;  // `<<=`
  }

  /// Puts parentheses around the list of expressions that ends at at_, if it asks for them.
  void close_list() {
    const auto begin = list_.close();
    // What is written already cannot be changed; nor does a list go on behind a lambda's colon.
    if (!begin || *begin < kept_ || lambda_) return;
    std::uint32_t end = at_;
    while (is_at(file_, end - 1, Byte::Space)) --end;
    replace({*begin, *begin}, "(");
    replace({end, end}, ")");
  }

  void word(bool first) {
    const std::uint32_t begin = at_;
    at_ = past(file_, at_, Byte::Word);
    const std::string_view word = file_.substr(begin, at_ - begin);
    if (word.size() <= 2 && here(Byte::Quote) && literal_start(file_.substr(begin))) {
      at_ = begin;
      string();
      return;
    }
    list_.operand();
    if (word == "print") replace({begin, at_}, "prinT");
    if (word == "exec") replace({begin, at_}, "exeC");
    if (word == "type" && !(first && begins_alias())) replace({begin, at_}, "typE");
    if (depth_ > 0) return;
    if (word == "return" || word == "yield" || (word == "in" && for_statement_)) list_.open();
    if (word == "lambda") lambda_ = true;
    if (word == "for" && first) for_statement_ = true;
    if (word == "async") first_ = first;  // of `async for`, the second word is the first
  }

  /// Whether a name follows the `type` that ends at at_, as in `type X = …`.
  bool begins_alias() const {
    const std::uint32_t next = past(file_, at_, Byte::Space);
    if (next == at_ || !is_at(file_, next, Byte::Word)) return false;
    for (const std::string_view operator_word : {"and", "if", "in", "is", "not", "or"}) {
      if (is_word(next, operator_word)) return false;
    }
    return true;
  }

  bool is_word(std::uint32_t at, std::string_view word) const {
    return file_.substr(at, word.size()) == word &&
           !is_at(file_, at + static_cast<std::uint32_t>(word.size()), Byte::Word);
  }

  /// A backslash; with the newline behind it, it is white space.
  void backslash() {
    const std::uint32_t begin = at_++;
    if (!here(Byte::Newline)) return;
    at_ = past_newline(file_, at_);
    replace({begin, at_}, std::string(at_ - begin, ' '));
  }

  /// Passes over the string literal at at_.
  void string() {
    const std::uint32_t begin = at_;
    const std::string_view rest = file_.substr(begin);
    const LiteralStart start = *literal_start(rest);
    const std::size_t length = literal_end(rest, start);
    list_.operand();
    if (length == rest.npos) {
      unclear_ = true;
      searched_ += start.quotes == 1 ? std::min(rest.find('\n'), rest.size()) : rest.size();
      // A file of quotes that do not close would be searched to its end from every one of them.
      at_ = searched_ > kMaxSearched ? end() : begin + start.prefix + start.quotes;
      return;
    }
    at_ = begin + static_cast<std::uint32_t>(length);
    if (start.templated) {
      // The grammar knows f-strings.
      std::string prefix(rest.substr(0, start.prefix));
      for (char& letter : prefix) letter = (letter | 0x20) == 't' ? 'f' : letter;
      replace({begin, begin + start.prefix}, prefix);
    } else if (!start.formatted && length > kShortString) {
      replace({begin, at_}, start.bytes ? "b\"\"" : "\"\"");
    }
  }

  // --- functions ---

  /// The offset of `def` if the logical line at at_ begins with it, or with `async def`.
  std::optional<std::uint32_t> def_keyword() const {
    const std::uint32_t at = is_word(at_, "async") ? past(file_, at_ + 5, Byte::Space) : at_;
    if (!is_word(at, "def")) return std::nullopt;
    return at;
  }

  /// The definition at at_, which stands behind `indent`.
  void function(std::string_view indent, std::uint32_t def) {
    while (!(depth_ == 0 && at_ < file_.size() && file_[at_] == ':') && token()) {
    }
    const bool header = at_ < file_.size() && file_[at_] == ':' && !unclear_ && !lambda_;
    if (const auto body = header ? find_body(file_, at_, indent) : std::nullopt) {
      keep_until(at_ + 1);
      write(" ...\n", body->range);
      out_.functions_.push_back({def, body->range, body->docstring});
      at_ = kept_ = body->end;
      return;
    }
    // As it is, up to where the indentation comes back to that of the `def`.
    within_ = indent;
    rest_of_line();
  }

  std::string_view file_;
  std::uint32_t at_;
  std::uint32_t kept_;  ///< all before is written or left out
  bool elide_;
  std::size_t searched_ = 0;  ///< bytes, in vain, for the ends of strings
  ElidedText out_;

  /// The indentation of a function that stays: no function inside is elided.
  std::optional<std::string_view> within_;

  // Of the logical line being read:
  std::uint32_t depth_ = 0;     ///< open brackets
  bool unclear_ = false;        ///< a bracket or string does not match
  bool lambda_ = false;         ///< it has a lambda outside brackets
  bool for_statement_ = false;  ///< it is the head of a `for`
  bool first_ = false;          ///< no token of it was passed
  StarredList list_;
};

ElidedText ElidedText::of_file(std::string_view file, Bodies bodies) {
  return Elider(file, 0, bodies == Bodies::Elided).run({});
}

ElidedText ElidedText::of_block(std::string_view file, SourceRange body) {
  std::uint32_t begin = body.begin;
  while (begin > 0 && is_at(file, begin - 1, Byte::Space)) --begin;
  return Elider(file.substr(0, body.end), begin, false).run("if 1:\n");
}

std::size_t ElidedText::segment_of(std::uint32_t offset) const {
  const auto holds = [&](std::size_t i) {
    return segments_[i].text <= offset &&
           (i + 1 == segments_.size() || offset < segments_[i + 1].text);
  };
  if (holds(last_)) return last_;
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](std::uint32_t value, const Segment& segment) { return value < segment.text; });
  last_ = after == segments_.begin() ? 0 : static_cast<std::size_t>(after - segments_.begin()) - 1;
  return last_;
}

SourceRange ElidedText::in_file(std::uint32_t begin, std::uint32_t end) const {
  const auto point = [](const Segment& segment, std::uint32_t offset) {
    return std::min(segment.file.begin + (offset - segment.text), segment.file.end);
  };
  const Segment& first = segments_[segment_of(begin)];
  const std::uint32_t file_begin = first.own ? first.file.begin : point(first, begin);
  if (end <= begin) return {file_begin, file_begin};
  const Segment& last = segments_[segment_of(end - 1)];
  return {file_begin, last.own ? last.file.end : point(last, end)};
}

const ElidedFunction* ElidedText::function_at(std::uint32_t def) const {
  const auto found = std::lower_bound(
      functions_.begin(), functions_.end(), def,
      [](const ElidedFunction& function, std::uint32_t offset) { return function.def < offset; });
  return found != functions_.end() && found->def == def ? &*found : nullptr;
}

}  // namespace torchdevice::gap

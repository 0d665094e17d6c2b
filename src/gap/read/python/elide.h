#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/python/python_ast.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {

/// A function whose body the parser does not see. Offsets in the file.
struct ElidedFunction {
  std::uint32_t def = 0;  ///< of the keyword `def`
  SourceRange body;       ///< from its first token to its last
  SourceRange docstring;  ///< empty where the first statement is no string literal
};

/// The text that tree-sitter parses in place of a file's, and the way back to offsets in the file.
///
/// It is made by one pass over the lines and tokens of the file, which
///  - with Bodies::Elided, puts ` ...` in place of every outermost function's body. A function that
///  it
///    does not understand (inconsistent indentation, an unclosed bracket or string, a body on the
///    line of its `def`) stays as it is;
///  - puts `""` in place of long plain strings, whose content the parser need not see;
///  - drops comments;
///  - spells Python 3 where the grammar would read Python 2 or nothing: `print` and `exec` are
///  plain
///    identifiers (of the same length), unparenthesised tuples with a star get their parentheses, a
///    lone carriage return becomes a newline.
///  - leaves out lines that are indented further than the grammar can count.
/// Every other byte is the file's.
class ElidedText {
 public:
  /// A file. At most 4 GiB.
  static ElidedText of_file(std::string_view file, Bodies bodies);

  /// The statements of one block, whole, as the body of an `if` in front of them. `body` begins
  /// with the first statement, behind white space only.
  static ElidedText of_block(std::string_view file, SourceRange body);

  const std::string& text() const { return text_; }

  /// The file's range of a non-empty range of text().
  SourceRange in_file(std::uint32_t begin, std::uint32_t end) const;

  /// Where the first line is that was left out for its indentation.
  std::optional<std::uint32_t> too_far_right() const { return too_far_right_; }

  /// Null for a function that was not elided.
  const ElidedFunction* function_at(std::uint32_t def) const;

 private:
  friend class Elider;

  /// From `text` on up to the next segment; text of its own stands for all of the file's range.
  struct Segment {
    std::uint32_t text = 0;
    SourceRange file;
    bool own = false;
  };

  std::size_t segment_of(std::uint32_t offset) const;

  std::string text_;
  std::vector<Segment> segments_;
  std::vector<ElidedFunction> functions_;
  std::optional<std::uint32_t> too_far_right_;
  mutable std::size_t last_ = 0;  ///< where segment_of() looks first
};

}  // namespace torchdevice::gap

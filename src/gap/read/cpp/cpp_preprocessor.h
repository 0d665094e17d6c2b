#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gap/read/python/python_ast.h"

/// As much of C++'s preprocessor as reading registrations needs: a subject's macros are expanded,
/// both branches of an `#if` are kept where both can stand side by side.
namespace torchdevice::gap {

struct CppMacro {
  bool function_like = false;
  bool variadic = false;
  std::vector<std::string> parameters;
  std::string body;  ///< continued lines joined, comments gone
};
using CppMacros = std::unordered_map<std::string, CppMacro>;

/// The macros that a file leaves defined, for the files that include it. Those that the analyzer
/// understands by name (TORCH_LIBRARY_IMPL and its like) are not among them.
CppMacros defined_macros(std::string_view text);

/// A part of a file that an `#if` guards.
struct CppConditional {
  SourceRange range;      ///< in the file as it is on disk
  std::string condition;  ///< "defined(USE_NPU)", "!(X > 1)"
};

/// A file after preprocessing.
struct CppTranslation {
  /// From `output` on, text was taken from `original` on: byte by byte if `verbatim`, else all of
  /// it is the expansion of the macro that stands there.
  struct Segment {
    std::uint32_t output = 0;
    std::uint32_t original = 0;
    bool verbatim = true;
  };

  std::string text;  ///< no directives, no comments
  std::vector<Segment> segments;
  std::vector<CppConditional> conditionals;
  std::vector<std::string> problems;  ///< "a macro's expansion is over 2 MB", …

  /// Where a byte of `text` comes from in the file on disk.
  std::uint32_t original(std::uint32_t offset) const;
};

inline constexpr std::size_t kMaxExpansion = 2u << 20;  ///< bytes that macros may add to a file

/// `shared`: macros of the headers that the file may include; its own take precedence.
CppTranslation preprocess(std::string_view text, const CppMacros& shared);

}  // namespace torchdevice::gap

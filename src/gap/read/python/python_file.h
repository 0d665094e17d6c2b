#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/python/python_ast.h"

namespace torchdevice::gap {

/// How much of a file to lower. Surface questions never look into functions, and bodies are nine
/// tenths of PyTorch's text: without them a file parses several times faster.
enum class Bodies { Elided, Parsed };

struct SyntaxError {
  std::uint32_t line = 0;  ///< from 1
  std::string message;
};

/// One parsed `.py` or `.pyi` file: its text and its tree.
///
/// Parsing recovers from syntax errors locally, as tree-sitter does: what could not be read is
/// Opaque and listed in errors(). Nesting deeper than kMaxNesting, invalid UTF-8 and NUL bytes are
/// such errors too; time and memory are bounded. Bytes that are no text are `?` in text().
///
/// Threads: different files may be parsed and read at the same time. body() may be called from any
/// thread; calls on the same file exclude each other.
class PythonFile {
 public:
  static constexpr std::uint32_t kMaxNesting = 1000;

  /// `path` is what messages show, relative to the tree's root with `/`. Never fails: a file of
  /// which nothing could be read has no statements and at least one error.
  static std::unique_ptr<PythonFile> parse(std::string path, std::string text, Bodies bodies);

  ~PythonFile();
  PythonFile(const PythonFile&) = delete;
  PythonFile& operator=(const PythonFile&) = delete;

  const std::string& path() const;
  std::string_view text() const;
  bool is_stub() const;  ///< `.pyi`
  Block statements() const;
  const std::vector<SyntaxError>& errors() const;

  /// The line of a byte, from 1.
  std::uint32_t line(std::uint32_t offset) const;
  std::string_view text(SourceRange range) const;

  /// The statements of a function of this file; parsed at the first call where they were elided.
  /// What cannot be read there is Opaque; errors() does not list it.
  Block body(const FunctionDef& function) const;

 private:
  struct Impl;
  explicit PythonFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The value of a string literal as written, quotes and prefix included; adjacent literals are
/// joined. Empty where it is no plain string literal (an f-string, bytes).
std::string literal_value(std::string_view literal);

}  // namespace torchdevice::gap

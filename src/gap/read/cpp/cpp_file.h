#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/cpp/cpp_ast.h"
#include "gap/read/cpp/cpp_preprocessor.h"

namespace torchdevice::gap {

/// One parsed C++ source or header.
///
/// Parsing recovers from what it does not know: such nodes are Opaque, with what could be read in
/// them. A file that is too large, nested too deeply or takes too long is not read, and problems()
/// says so.
///
/// Threads: different files may be parsed at the same time; a parsed file is never changed.
class CppFile {
 public:
  static constexpr std::size_t kMaxSize = 16u << 20;         ///< bytes
  static constexpr std::size_t kMaxNesting = 500;            ///< brackets
  static constexpr std::size_t kMaxDepth = 1000;             ///< nodes
  static constexpr std::uint64_t kMaxParseTime = 5'000'000;  ///< microseconds

  /// `path` is what messages show; `macros` those of the headers that the file may include.
  static std::unique_ptr<CppFile> parse(std::string path, std::string_view text,
                                        const CppMacros& macros);

  ~CppFile();
  CppFile(const CppFile&) = delete;
  CppFile& operator=(const CppFile&) = delete;

  const std::string& path() const;
  /// A Block: the file's declarations.
  const CppNode& root() const;
  /// One line each, beginning with the path.
  const std::vector<std::string>& problems() const;

  /// The line of a byte of the preprocessed text in the file on disk, from 1.
  std::uint32_t line(std::uint32_t offset) const;
  /// The `#if`s around that byte, as written, outermost first, joined by " and "; empty: none.
  std::string condition(std::uint32_t offset) const;
  /// The preprocessed text of a node, on one line.
  std::string source(const CppNode& node) const;

 private:
  struct Impl;
  explicit CppFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace torchdevice::gap

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gap/read/cpp/cpp_file.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// "bar" of "a::Foo::bar".
std::string_view last_component(std::string_view qualified);

/// A definition and the file it stands in.
struct CppSymbol {
  const CppFile* file = nullptr;
  const CppNode* node = nullptr;
};

/// The C++ sources of a subject: all files, and what they define by its last name.
///
/// Macros of headers are known in all files, as if each included every header; of files with the
/// same text one is read.
class CppProgram {
 public:
  /// Parses on `threads` threads.
  CppProgram(const SourceTree& tree, unsigned threads);

  const std::vector<std::unique_ptr<CppFile>>& files() const { return files_; }
  const std::vector<std::string>& problems() const { return problems_; }

  /// Those of `from` first.
  std::vector<CppSymbol> functions(std::string_view name, const CppFile* from) const;
  /// A variable of a namespace; null where there is none.
  CppSymbol variable(std::string_view name, const CppFile* from) const;
  CppSymbol class_named(std::string_view name, const CppFile* from) const;
  /// A function that is declared and nowhere defined.
  bool only_declared(std::string_view name) const;

  const std::vector<CppSymbol>& all_functions() const { return all_functions_; }
  const std::vector<CppSymbol>& all_classes() const { return all_classes_; }

 private:
  using Table = std::unordered_map<std::string_view, std::vector<CppSymbol>>;

  void index(const CppFile& file, const CppNode& node);
  static CppSymbol nearest(const Table& table, std::string_view name, const CppFile* from);

  std::vector<std::unique_ptr<CppFile>> files_;
  std::vector<std::string> problems_;
  Table functions_;
  Table declarations_;
  Table variables_;
  Table classes_;
  std::vector<CppSymbol> all_functions_;
  std::vector<CppSymbol> all_classes_;
};

}  // namespace torchdevice::gap

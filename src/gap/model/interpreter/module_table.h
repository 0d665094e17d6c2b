#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gap/model/interpreter/value.h"
#include "gap/read/python/python_file.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// One importable module: its files, and the values made of them.
struct ModuleEntry {
  std::string name;  ///< dotted
  const SourceTree* tree = nullptr;
  const SourceEntry* source = nullptr;       ///< the `.py`
  const SourceEntry* stub_source = nullptr;  ///< the `.pyi`
  bool package = false;                      ///< has submodules
  bool subject = false;
  std::unique_ptr<PythonFile> file;
  std::unique_ptr<PythonFile> stub;
  Value* module = nullptr;       ///< made from `.py`, or from `.pyi` alone
  Value* stub_module = nullptr;  ///< made from `.pyi`
  bool swap_decided = false;     ///< it was run where it may swap itself
  Value* swapped = nullptr;      ///< what the module put into sys.modules in its place
};

/// The modules of the packages that were added, by dotted name, and their parsed files.
class ModuleTable {
 public:
  void add(const SourceTree& tree, bool subject);

  /// Null where no package has such a module.
  ModuleEntry* find(std::string_view dotted);
  /// Whether a package of this top-level name was added.
  bool has_package(std::string_view top_level) const;
  /// All modules under `prefix`, itself included; sorted.
  std::vector<ModuleEntry*> under(std::string_view prefix);

  /// Parses what of these modules was not yet parsed; a file that cannot be read gives a line in
  /// problems() and stays null.
  void parse(std::span<ModuleEntry* const> entries, unsigned threads);

  void add_problem(std::string line) { problems_.push_back(std::move(line)); }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  ModuleEntry& entry(std::string name, bool subject);
  std::unique_ptr<PythonFile> parse_file(const ModuleEntry& entry, const SourceEntry& source);

  std::map<std::string, ModuleEntry, std::less<>> entries_;
  std::unordered_map<std::string_view, ModuleEntry*> index_;
  std::vector<std::string> problems_;
  std::mutex problems_mutex_;
};

}  // namespace torchdevice::gap

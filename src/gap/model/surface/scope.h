#pragma once

#include <string>
#include <vector>

namespace torchdevice::gap {

/// One namespace of interest. A module covers its public names and, with `submodules`, those of its
/// public submodules; a class covers its public members.
struct ScopeEntry {
  std::string name;  ///< "torch.cuda"
  int priority = 0;  ///< 1 is the most important
  bool submodules = false;
};

/// Which names a question is about.
struct Scope {
  std::vector<ScopeEntry> entries;
  bool everything = false;  ///< `--all`: every public name of every public module

  /// Reads TOML:
  ///
  ///     [[namespace]]
  ///     name = "torch.cuda"
  ///     priority = 1
  ///     submodules = true
  ///
  /// Throws ReadError with file, line and what is wrong.
  static Scope parse(const std::string& toml, const std::string& path);
  /// The scope shipped for PyTorch (src/gap/model/surface/torch_scope.toml).
  static const Scope& torch();
  /// Just these names: modules, classes, functions. A module comes with its public submodules where
  /// the shipped scope has them.
  static Scope of(const std::vector<std::string>& names);
};

}  // namespace torchdevice::gap

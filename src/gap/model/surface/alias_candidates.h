#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// How sources speak of objects whose other public paths are sought: for each path of one, the
/// object's name and the last part of the module that has it, ("Stream", "cuda"), ("Stream",
/// "streams").
using SoughtWords = std::set<std::pair<std::string, std::string>>;

/// Which of the modules may give a public name to one of the objects, judged by their text alone:
/// those that have an `__all__` and write of an object's module in a path or an import, and of the
/// object or of all names of another module. A module that has an object at second hand, from one
/// that only passes it on, is found only where it writes of the object's own module too.
std::vector<std::string> alias_candidates(const SourceTree& tree,
                                          std::span<const std::string> modules,
                                          const SoughtWords& sought);

}  // namespace torchdevice::gap

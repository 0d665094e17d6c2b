#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

struct Mention {
  std::string name;   ///< "torch._C._cuda_init"; "torch.cuda.*" for a star import
  std::string place;  ///< the first one: "compat.py:12"
};

/// What the Python sources of a package say of another one, private names included.
struct Mentions {
  std::vector<Mention> names;  ///< sorted
  /// Every `.name` on something whose class sources do not tell: a method of an instance. Sorted.
  std::vector<std::string> attributes;
  std::vector<std::string> problems;  ///< files that could not be read: one line each, with place

  bool has_attribute(std::string_view name) const;
};

/// Collects the dotted names under `package` that sources import, write out as attributes of what
/// they imported, or spell in a string that is nothing but such a name.
Mentions mentions_of(const SourceTree& subject, std::string_view package);

}  // namespace torchdevice::gap

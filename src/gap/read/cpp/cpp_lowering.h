#pragma once

#include <tree_sitter/api.h>

#include <memory_resource>
#include <string_view>

#include "gap/read/cpp/cpp_ast.h"

namespace torchdevice::gap {

/// Lowers tree-sitter's tree of `text` to ours; nodes and decoded strings go to `memory`. What is
/// nested deeper than `max_depth` is Opaque, and `too_deep` becomes true.
const CppNode* lower_cpp(TSNode root, std::string_view text, std::size_t max_depth,
                         std::pmr::memory_resource& memory, bool& too_deep);

}  // namespace torchdevice::gap

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// Lists what the analyzer reads of a folder: of `members`, paths relative to `root` of folders and
/// files; a missing one is skipped. No members: everything in `root`.
///
/// Folders whose name begins with a dot, `__pycache__` and links to folders are not entered, except
/// where `members` names them. Links to files are followed where they stay in the root.
/// Throws ReadError where `root` cannot be listed or holds more than SourceTree::kMaxFiles.
std::unique_ptr<SourceTree> open_folder(std::string location, const std::filesystem::path& root,
                                        const std::vector<std::string>& members);

}  // namespace torchdevice::gap

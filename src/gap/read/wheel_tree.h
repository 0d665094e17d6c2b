#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// Lists what the analyzer reads of a wheel or another zip archive. Members that a wheel installs
/// from `NAME.data/purelib` and `platlib` are listed where they are installed. With `package`, only
/// that one and the dist-info. Throws ReadError where the file is no zip archive, holds more than
/// SourceTree::kMaxFiles members, or would unpack to more than kMaxUnpacked bytes of sources.
std::unique_ptr<SourceTree> open_wheel(std::string location, std::string_view package);

/// The same of an archive in memory, which must outlive the tree.
std::unique_ptr<SourceTree> open_wheel_in_memory(std::string location, std::string_view archive,
                                                 std::string_view package);

inline constexpr std::uint64_t kMaxUnpacked = 4ull << 30;

}  // namespace torchdevice::gap

#pragma once

#include <optional>
#include <string_view>

/// Paths inside a source tree: relative, with `/`.
namespace torchdevice::gap {

/// Whether the analyzer reads the file: `.py`, `.pyi`, `.yaml`, C++, a dist-info's METADATA, WHEEL
/// and RECORD, and a checkout's version.txt.
bool is_source_path(std::string_view path);

/// Why a file of this path is not taken from a tree: it is absolute, leaves the root, is not in
/// normal form, is not UTF-8 or has control characters. Nothing where the path is in order.
std::optional<std::string_view> path_defect(std::string_view path);

}  // namespace torchdevice::gap

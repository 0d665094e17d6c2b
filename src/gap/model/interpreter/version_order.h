#pragma once

#include <optional>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

/// The text of a known version or string: a string constant, or an object of a subclass of str or
/// of packaging's Version that was made from one. Nothing for any other value.
std::optional<std::string_view> version_text(const Value* value);

/// -1, 0, 1 by the numbers of the release (PEP 440), where one side is a version object and both
/// are known; nothing otherwise.
std::optional<int> compare_versions(Machine& machine, Value* left, Value* right);

/// The numbers of a release: (2, 13, 0) of "2.13.0+cpu".
std::vector<std::int64_t> release_numbers(std::string_view version);

}  // namespace torchdevice::gap

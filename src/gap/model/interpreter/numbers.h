#pragma once

#include <cstdint>
#include <optional>

#include "gap/model/interpreter/value.h"

namespace torchdevice::gap {

/// The value of an integer constant, True and False too; nothing for anything else or beyond 64
/// bits.
std::optional<std::int64_t> integer(const Value* value);

}  // namespace torchdevice::gap

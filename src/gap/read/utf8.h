#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace torchdevice::gap {

/// The length of the well-formed UTF-8 sequence at the beginning of `text`, which is not empty; 0
/// where there is none.
std::size_t utf8_length(std::string_view text);

/// Text of unknown origin for a message of one line: what cannot be shown is escaped, and what is
/// longer than a few hundred bytes is cut off.
std::string printable(std::string_view text);

}  // namespace torchdevice::gap

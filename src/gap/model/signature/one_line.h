#pragma once

#include <string>
#include <string_view>

namespace torchdevice::gap {

/// An expression as written, on one line: line breaks, indentation and comments become single
/// spaces, none just inside brackets. String literals stay as they are.
std::string one_line(std::string_view written);

}  // namespace torchdevice::gap

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gap/read/python/python_ast.h"

namespace torchdevice::gap {

/// A function's body, found by its indentation. Offsets in the file.
struct FunctionBody {
  SourceRange range;      ///< from the first token to the last
  SourceRange docstring;  ///< the literals of the first statement; empty where it is another
  std::uint32_t end = 0;  ///< the beginning of the first line behind it
};

/// The body of the function whose header ends with the colon at `colon`, and whose `def` stands
/// behind the white space `indent`. None where it is on the header's line, or where its end is not
/// sure: the indentation is inconsistent, a bracket or string does not close.
std::optional<FunctionBody> find_body(std::string_view file, std::uint32_t colon,
                                      std::string_view indent);

}  // namespace torchdevice::gap

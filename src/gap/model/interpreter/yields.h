#pragma once

#include "gap/read/python/python_ast.h"

namespace torchdevice::gap {

/// Whether a function with these statements is a generator: a `yield` stands in them, outside inner
/// functions and classes.
bool has_yield(Block block);

}  // namespace torchdevice::gap

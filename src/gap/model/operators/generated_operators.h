#pragma once

#include <vector>

#include "gap/model/operators/operators.h"

namespace torchdevice::gap {

/// The overloads that torchgen writes beside those of native_functions.yaml (`autogen:`): out= and
/// functional variants, with a CompositeExplicitAutograd kernel that calls the listed one.
std::vector<Operator> generated_operators(const std::vector<Operator>& listed);

}  // namespace torchdevice::gap

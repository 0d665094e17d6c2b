#pragma once

#include <string_view>

namespace torchdevice::gap {

/// torch_scope.toml, which the build puts into the library.
extern const std::string_view kTorchScope;

}  // namespace torchdevice::gap

#pragma once

#include <string>

#include "cli/terminal.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::cli {

/// The surface for people: a summary, then the names by module.
std::string to_text(const gap::Surface& surface, const Paint& paint);

/// "2.13.0 (macosx_14_0_arm64, cp311)"
std::string describe(const gap::TorchIdentity& torch);

}  // namespace torchdevice::cli

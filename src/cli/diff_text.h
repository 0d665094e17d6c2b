#pragma once

#include <string>

#include "cli/terminal.h"
#include "gap/model/diff/diff.h"

namespace torchdevice::cli {

/// The changes for people: a summary, then each cause with what it affects.
std::string to_text(const gap::SurfaceDiff& diff, const Paint& paint);

}  // namespace torchdevice::cli

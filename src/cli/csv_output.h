#pragma once

#include <string>

#include "gap/model/diff/diff.h"
#include "gap/model/overlay/overlay.h"
#include "gap/model/surface/surface.h"

/// The results as CSV with a line of column names. What is unknown has lines of its own, whose kind
/// is `unknown`.
namespace torchdevice::cli {

/// A line for each signature; one for a name that has none.
std::string to_csv(const gap::Surface& surface);
/// A line for each patch.
std::string to_csv(const gap::Overlay& overlay);
/// A line for each name that a change affects.
std::string to_csv(const gap::SurfaceDiff& diff);

}  // namespace torchdevice::cli

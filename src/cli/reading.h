#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/tool.h"
#include "gap/model/overlay/overlay.h"
#include "gap/model/surface/surface.h"
#include "gap/read/torch_source.h"

/// Reading as the commands do it: with progress, and from results kept on disk where nothing has
/// changed.
namespace torchdevice::cli {

/// The PyTorch that the options name; else the one of the environment: beside this command, then
/// in $VIRTUAL_ENV, then beside a python3 on PATH. Throws ReadError.
gap::TorchSource torch_of(const AnalyzerOptions& options, const Tool& tool);

gap::Surface surface_of(const gap::TorchSource& torch, const gap::Scope& scope,
                        const AnalyzerOptions& options, const Tool& tool);

gap::Overlay overlay_of(const std::string& subject, const gap::TorchSource& torch,
                        const AnalyzerOptions& options, const Tool& tool);

/// Says on standard error which files could not be read.
void warn(const std::vector<std::string>& problems);

}  // namespace torchdevice::cli

#pragma once

#include <string>

#include "cli/json_writer.h"
#include "gap/model/diff/diff.h"
#include "gap/model/overlay/overlay.h"
#include "gap/model/surface/surface.h"
#include "gap/read/torch_source.h"

/// The JSON documents of the commands, as schemas/*.schema.json describe them.
namespace torchdevice::cli {

/// Counts up when a document changes so that its readers must.
constexpr unsigned kSchemaVersion = 1;

/// Which PyTorch was read: the same object in every document.
void write_torch(JsonWriter& json, const gap::TorchIdentity& torch);

std::string to_json(const gap::Surface& surface);
std::string to_json(const gap::Overlay& overlay);
std::string to_json(const gap::SurfaceDiff& diff);

}  // namespace torchdevice::cli

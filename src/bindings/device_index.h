#pragma once

#include <c10/core/Device.h>

#include <limits>

#include "device/device.h"

namespace torchdevice::bindings {

/// A Python int as the index of a virtual GPU. Throws CUDA's "invalid device ordinal" if it is
/// none.
inline c10::DeviceIndex to_device_index(int64_t device) {
  constexpr int64_t kMost = std::numeric_limits<c10::DeviceIndex>::max();
  const auto index = static_cast<c10::DeviceIndex>(device < 0 || device > kMost ? -1 : device);
  check_device(index);
  return index;
}

}  // namespace torchdevice::bindings

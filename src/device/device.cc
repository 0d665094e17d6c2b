#include "device/device.h"

#include <c10/util/Exception.h>

#include <atomic>
#include <cstdint>

#include "device/cuda_error.h"
#include "device/settings.h"

namespace torchdevice {
namespace {

constinit thread_local c10::DeviceIndex current = 0;

/// One bit a device.
static_assert(kMaxDeviceCount <= 32);
constinit std::atomic<uint32_t> used_devices{0};

void mark_used(c10::DeviceIndex index) noexcept {
  const uint32_t bit = uint32_t{1} << index;
  if (!(used_devices.load(std::memory_order_relaxed) & bit)) used_devices.fetch_or(bit);
}

}  // namespace

c10::DeviceIndex device_count() noexcept {
  // startup.cc read the settings when the library was loaded and let no bad ones through.
  static const auto count =
      static_cast<c10::DeviceIndex>(settings().enabled ? settings().device_count : 0);
  return count;
}

c10::DeviceIndex current_device() noexcept { return current; }

c10::DeviceIndex exchange_device(c10::DeviceIndex index) {
  check_device(index);
  mark_used(index);
  const auto previous = current;
  current = index;
  return previous;
}

void set_device_unchecked(c10::DeviceIndex index) noexcept { current = index; }

void check_device(c10::DeviceIndex index) {
  if (index < 0 || index >= device_count()) throw_cuda_error(CudaError::kInvalidDevice);
}

bool is_initialized(c10::DeviceIndex index) noexcept {
  return index >= 0 && index < device_count() &&
         (used_devices.load(std::memory_order_relaxed) >> index & 1) != 0;
}

void initialize() {
  TORCH_CHECK(device_count() > 0, "No CUDA GPUs are available");
  mark_used(current);
}

}  // namespace torchdevice

#pragma once

#include <c10/core/Device.h>

namespace torchdevice {

/// Number of virtual GPUs of this process. Never throws; 0 when TorchDevice is off.
c10::DeviceIndex device_count() noexcept;

/// The calling thread's current device; 0 at first, as in CUDA.
c10::DeviceIndex current_device() noexcept;

/// Makes `index` current on the calling thread and returns the one before.
/// Throws CUDA's "CUDA error: invalid device ordinal" when there is no such device.
c10::DeviceIndex exchange_device(c10::DeviceIndex index);

/// As exchange_device without the check: for destructors. The device is not counted as used.
void set_device_unchecked(c10::DeviceIndex index) noexcept;

/// Throws CUDA's "CUDA error: invalid device ordinal" unless 0 <= index < device_count().
void check_device(c10::DeviceIndex index);

/// Whether the device was used (made current by exchange_device, or current in initialize()): what
/// CUDA calls an active primary context. Does not use it. False for an index out of range.
bool is_initialized(c10::DeviceIndex index) noexcept;

/// Brings CUDA up, as at::cuda::detail::CUDAHooks::init: uses the current device. Idempotent; any
/// thread. Throws CUDA's "No CUDA GPUs are available" when there is none.
void initialize();

/// Makes a device current on the calling thread until the end of the scope. A negative index
/// changes nothing; the index is not checked.
class CurrentDevice {
 public:
  explicit CurrentDevice(c10::DeviceIndex index) : previous_(index < 0 ? index : current_device()) {
    if (index >= 0) set_device_unchecked(index);
  }
  ~CurrentDevice() {
    if (previous_ >= 0) set_device_unchecked(previous_);
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  c10::DeviceIndex previous_;
};

}  // namespace torchdevice

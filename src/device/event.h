#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <chrono>
#include <optional>

namespace torchdevice {

/// A CUDA event on the virtual GPUs. Work is complete when it was issued, so a recorded event is a
/// point in time. Not thread safe, as c10::cuda::CUDAEvent is not.
class Event {
 public:
  explicit Event(bool timing_enabled) : timing_enabled_(timing_enabled) {}

  /// Stamps the event; its device is that of the first recorded stream, and recording on another
  /// device's stream raises as c10::cuda::CUDAEvent::record does.
  void record(const c10::Stream& stream);

  /// Milliseconds from this event to `end`. Raises CUDA's errors when either has timing disabled
  /// or was not recorded (c10/cuda/CUDAEvent.h, elapsed_time).
  double elapsed_ms(const Event& end) const;

  bool recorded() const { return stamp_.has_value(); }
  bool timing_enabled() const { return timing_enabled_; }
  std::optional<c10::DeviceIndex> device() const { return device_; }

 private:
  bool timing_enabled_;
  std::optional<c10::DeviceIndex> device_;
  std::optional<std::chrono::steady_clock::time_point> stamp_;
};

}  // namespace torchdevice

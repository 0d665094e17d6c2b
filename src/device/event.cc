#include "device/event.h"

#include <c10/util/Exception.h>

namespace torchdevice {

void Event::record(const c10::Stream& stream) {
  if (!device_) device_ = stream.device_index();
  TORCH_CHECK(*device_ == stream.device_index(), "Event device ", static_cast<int>(*device_),
              " does not match recording stream's device ", static_cast<int>(stream.device_index()),
              ".");
  stamp_ = std::chrono::steady_clock::now();
}

double Event::elapsed_ms(const Event& end) const {
  TORCH_CHECK_VALUE(timing_enabled_ && end.timing_enabled_,
                    "Both events must be created with argument 'enable_timing=True'.");
  TORCH_CHECK_VALUE(recorded() && end.recorded(),
                    "Both events must be recorded before calculating elapsed time.");
  const std::chrono::duration<float, std::milli> elapsed = *end.stamp_ - *stamp_;
  return elapsed.count();
}

}  // namespace torchdevice

#include "device/kernels/random_launch.h"

#include "device/card.h"

namespace torchdevice::kernels {

LaunchShape launch_shape(int64_t numel, int unroll) {
  constexpr uint64_t kBlock = 256;
  constexpr uint64_t kNumbersOfACall = 4;  // no curand function takes more
  const auto elements = static_cast<uint64_t>(numel);
  const uint64_t resident =
      static_cast<uint64_t>(card().multi_processor_count) *
      (static_cast<uint64_t>(card().max_threads_per_multi_processor) / kBlock);
  const uint64_t threads = kBlock * std::min(resident, (elements + kBlock - 1) / kBlock);
  const uint64_t iterations = (elements - 1) / (threads * static_cast<uint64_t>(unroll)) + 1;
  return {threads, iterations * kNumbersOfACall};
}

}  // namespace torchdevice::kernels

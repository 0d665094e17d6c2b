#include "device/stream.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "device/device.h"
#include "device/settings.h"

namespace torchdevice {
namespace {

using c10::Stream;
using c10::StreamId;

constexpr int kPriorities = 4;  // c10::cuda::max_compile_time_stream_priorities
constexpr int kStreamsPerPool = 32;

// A stream id, as in c10/cuda/CUDAStream.cpp, note "StreamId assignment": 0 is the default stream;
// an even number is the address of a stream made elsewhere; an odd one names a stream of a pool:
// index << 5 | (priority class + 1) << 1 | 1.
constexpr int kTypeBits = 4;

struct PoolSlot {
  int priority_class;  ///< 0 is the lowest priority
  int index;
};

StreamId pool_id(PoolSlot slot) {
  return StreamId{slot.index} << (kTypeBits + 1) | (slot.priority_class + 1) << 1 | 1;
}

PoolSlot pool_slot(const Stream& stream) {
  const StreamId id = stream.id();
  const auto type = id >> 1 & ((1 << kTypeBits) - 1);
  const auto index = id >> (kTypeBits + 1);
  TORCH_CHECK(type >= 1 && type <= kPriorities && index >= 0 && index < kStreamsPerPool,
              "Unrecognized stream ", stream, " (its id names no stream of a pool)");
  return {static_cast<int>(type) - 1, static_cast<int>(index)};
}

bool is_from_pool(const Stream& stream) { return (stream.id() & 1) != 0; }

/// Stands for the driver's stream objects: a handle is the address of its entry, which makes it
/// unique and even.
struct alignas(8) Handle {};
std::array<std::array<std::array<Handle, kStreamsPerPool>, kMaxDeviceCount>, kPriorities> handles;

std::array<std::array<std::atomic<uint32_t>, kMaxDeviceCount>, kPriorities> next_in_pool;

constinit thread_local std::array<StreamId, kMaxDeviceCount> current_ids{};

c10::DeviceIndex resolve(c10::DeviceIndex device) {
  if (device == -1) device = current_device();
  check_device(device);
  return device;
}

Stream make_stream(c10::DeviceIndex device, StreamId id) {
  return Stream(Stream::UNSAFE, c10::Device(c10::kCUDA, device), id);
}

}  // namespace

Stream default_stream(c10::DeviceIndex device) { return make_stream(resolve(device), 0); }

Stream current_stream(c10::DeviceIndex device) {
  device = resolve(device);
  return make_stream(device, current_ids[device]);
}

Stream exchange_stream(Stream stream) {
  TORCH_CHECK(stream.device_type() == c10::kCUDA, "Expected a CUDA stream, but got ", stream);
  const Stream previous = current_stream(stream.device_index());
  current_ids[previous.device_index()] = stream.id();
  return previous;
}

Stream stream_from_pool(c10::DeviceIndex device, int priority) {
  TORCH_CHECK(priority <= 0, "Expected cuda stream priority to be less than or equal to 0, got ",
              priority);
  device = resolve(device);
  const int priority_class = std::min(-priority, kPriorities - 1);
  const auto turn = next_in_pool[priority_class][device].fetch_add(1, std::memory_order_relaxed);
  return make_stream(device, pool_id({priority_class, static_cast<int>(turn % kStreamsPerPool)}));
}

Stream external_stream(void* handle, c10::DeviceIndex device) {
  return make_stream(resolve(device), reinterpret_cast<StreamId>(handle));
}

void* stream_handle(const Stream& stream) {
  if (!is_from_pool(stream)) return reinterpret_cast<void*>(stream.id());
  const PoolSlot slot = pool_slot(stream);
  return &handles[slot.priority_class][stream.device_index()][slot.index];
}

int stream_priority(const Stream& stream) {
  if (is_from_pool(stream)) return -pool_slot(stream).priority_class;
  // A handle of ours that came back as an external stream keeps its priority.
  const auto* handle = reinterpret_cast<const Handle*>(stream.id());
  for (int priority_class = 0; priority_class < kPriorities; ++priority_class) {
    const auto& pools = handles[priority_class];
    if (!std::less<>()(handle, pools.front().data()) &&
        std::less<>()(handle, pools.back().data() + kStreamsPerPool)) {
      return -priority_class;
    }
  }
  return 0;
}

std::pair<int, int> stream_priority_range() noexcept { return {0, -(kPriorities - 1)}; }

}  // namespace torchdevice

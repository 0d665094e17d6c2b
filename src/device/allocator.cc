#include "device/allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "device/card.h"
#include "device/device.h"
#include "device/freelist.h"
#include "device/settings.h"

namespace torchdevice {
namespace {

using c10::CachingDeviceAllocator::DeviceStats;
using c10::CachingDeviceAllocator::StatArray;
using c10::CachingDeviceAllocator::StatType;

/// CUDACachingAllocator.cpp: blocks are multiples of this, and those of at most kSmallSize come
/// from the small pool.
constexpr std::size_t kMinBlockSize = 512;
constexpr std::size_t kSmallSize = 1048576;

/// The context of a CUDA DataPtr: the host storage it owns, and what was counted for it.
struct Lease {
  c10::StorageImpl* host = nullptr;
  std::size_t requested = 0;
  std::size_t rounded = 0;
  c10::DeviceIndex device = 0;
};

/// Counters of one device. A spin lock guards them: two uncontended atomic exchanges cost less than
/// one atomic addition per counter, and the peaks are exact. (CUDA's own allocator takes a mutex.)
class alignas(64) DeviceCounters {
 public:
  DeviceCounters() : limit_(card().total_memory) {}

  /// Counts a block; false, and nothing counted, if the card has no room for it.
  bool add(std::size_t requested, std::size_t rounded) {
    const std::lock_guard<DeviceCounters> guard(*this);
    if (allocated() + rounded > limit_) return false;
    each_stat(requested, rounded, [](auto& stat, std::size_t amount) { stat.increase(amount); });
    return true;
  }

  bool fits(std::size_t rounded) {
    const std::lock_guard<DeviceCounters> guard(*this);
    return allocated() + rounded <= limit_;
  }

  void remove(std::size_t requested, std::size_t rounded) {
    const std::lock_guard<DeviceCounters> guard(*this);
    each_stat(requested, rounded, [](auto& stat, std::size_t amount) { stat.decrease(amount); });
  }

  /// Memory goes back to the host at once, so that every block is a segment of its own: reserved
  /// and active are what is allocated.
  DeviceStats stats() {
    const std::lock_guard<DeviceCounters> guard(*this);
    DeviceStats stats = stats_;
    stats.active = stats.segment = stats.allocation;
    stats.active_bytes = stats.reserved_bytes = stats.allocated_bytes;
    stats.num_device_alloc = stats.allocation[0].allocated;
    stats.num_device_free = stats.allocation[0].freed;
    return stats;
  }

  std::size_t allocated_bytes() {
    const std::lock_guard<DeviceCounters> guard(*this);
    return allocated();
  }

  /// The card's memory that this process may use, as a fraction of all of it.
  void set_fraction(double fraction) {
    const std::lock_guard<DeviceCounters> guard(*this);
    fraction_ = fraction;
    limit_ = static_cast<std::size_t>(static_cast<double>(card().total_memory) * fraction);
  }
  double fraction() {
    const std::lock_guard<DeviceCounters> guard(*this);
    return fraction_;
  }
  std::size_t limit() {
    const std::lock_guard<DeviceCounters> guard(*this);
    return limit_;
  }

  void count_out_of_memory() {
    const std::lock_guard<DeviceCounters> guard(*this);
    ++stats_.num_ooms;
  }

  void reset_accumulated() {
    const std::lock_guard<DeviceCounters> guard(*this);
    for (auto* array : arrays()) {
      for (auto& stat : *array) stat.reset_accumulated();
    }
    stats_.num_ooms = 0;
  }

  void reset_peak() {
    const std::lock_guard<DeviceCounters> guard(*this);
    for (auto* array : arrays()) {
      for (auto& stat : *array) stat.reset_peak();
    }
  }

  void lock() {
    while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() { busy_.clear(std::memory_order_release); }

 private:
  std::size_t allocated() const {
    return static_cast<std::size_t>(stats_.allocated_bytes[0].current);
  }
  /// Changes every statistic that one block counts in, by what the block amounts to there.
  template <class Change>
  void each_stat(std::size_t requested, std::size_t rounded, Change change) {
    const auto pool = rounded <= kSmallSize ? StatType::SMALL_POOL : StatType::LARGE_POOL;
    for (auto type : {StatType::AGGREGATE, pool}) {
      const auto i = static_cast<std::size_t>(type);
      change(stats_.allocation[i], 1);
      change(stats_.allocated_bytes[i], rounded);
      change(stats_.requested_bytes[i], requested);
    }
  }
  std::array<StatArray*, 3> arrays() {
    return {&stats_.allocation, &stats_.allocated_bytes, &stats_.requested_bytes};
  }

  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  double fraction_ = 1.0;
  std::size_t limit_;
  DeviceStats stats_;
};

/// Never destroyed: tensors in static storage may outlive this library's statics.
DeviceCounters& counters(c10::DeviceIndex device) {
  static auto* all = new std::array<DeviceCounters, kMaxDeviceCount>();
  return (*all)[static_cast<std::size_t>(device)];
}

std::size_t round_up(std::size_t bytes) {
  return (bytes + kMinBlockSize - 1) / kMinBlockSize * kMinBlockSize;
}

std::string format_size(std::size_t bytes) {
  const auto value = static_cast<double>(bytes);
  std::ostringstream out;
  out.precision(2);
  out << std::fixed;
  if (bytes <= 1024) {
    out << bytes << " bytes";
  } else if (bytes <= 1048576) {
    out << value / 1024 << " KiB";
  } else if (bytes <= 1073741824ULL) {
    out << value / 1048576 << " MiB";
  } else {
    out << value / 1073741824.0 << " GiB";
  }
  return out.str();
}

/// The text of c10/cuda/CUDACachingAllocator.cpp, with this device's figures.
[[noreturn]] void throw_out_of_memory(c10::DeviceIndex device, std::size_t requested) {
  auto& count = counters(device);
  count.count_out_of_memory();
  const std::size_t total = card().total_memory;
  const std::size_t used = count.allocated_bytes();
  std::string allowed;
  if (count.fraction() < 1.0) allowed = format_size(count.limit()) + " allowed; ";
  TORCH_CHECK_WITH(
      OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", format_size(requested),
      ". GPU ", static_cast<int>(device), " has a total capacity of ", format_size(total),
      " of which ", format_size(total - std::min(total, used)), " is free. ", allowed,
      "Of the allocated memory ", format_size(used), " is allocated by PyTorch, and ",
      format_size(0),
      " is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try "
      "setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See "
      "documentation for Memory Management  "
      "(https://docs.pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-"
      "alloc-conf)");
}

}  // namespace

template <>
struct FreelistTraits<Lease> : SlabTraits<Lease> {};

namespace {

void release_lease(void* context) {
  auto* lease = static_cast<Lease*>(context);
  counters(lease->device).remove(lease->requested, lease->rounded);
  c10::raw::intrusive_ptr::decref(lease->host);
  Freelist<Lease>::put(lease);
}

class CudaAllocator final : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    const auto device = current_device();
    if (!counters(device).fits(round_up(bytes))) throw_out_of_memory(device, bytes);
    auto* host_allocator = c10::GetCPUAllocator();
    auto host = c10::make_intrusive<c10::StorageImpl>(
        c10::StorageImpl::use_byte_size_t(), static_cast<int64_t>(bytes),
        host_allocator->allocate(bytes), host_allocator, /*resizable=*/true);
    return wrap_host_storage(std::move(host), device);
  }

  void copy_data(void* dest, const void* src, std::size_t count) const override {
    default_copy_data(dest, src, count);
  }

  bool initialized() override { return is_initialized(current_device()); }

  /// Nothing is cached: memory returns to the host when it is freed.
  void emptyCache(c10::MempoolId_t /*pool*/) override {}

  /// Work is complete when it was issued, so that no stream can still use freed memory.
  void recordStream(const c10::DataPtr& /*data*/, c10::Stream /*stream*/) override {}

  DeviceStats getDeviceStats(c10::DeviceIndex device) override {
    check_device(device);
    return counters(device).stats();
  }

  void resetAccumulatedStats(c10::DeviceIndex device) override {
    check_device(device);
    counters(device).reset_accumulated();
  }

  void resetPeakStats(c10::DeviceIndex device) override {
    check_device(device);
    counters(device).reset_peak();
  }

  std::pair<std::size_t, std::size_t> getMemoryInfo(c10::DeviceIndex device) override {
    return memory_info(device);
  }
};

}  // namespace

c10::DeviceAllocator* allocator() {
  static auto* instance = new CudaAllocator();
  return instance;
}

c10::DataPtr wrap_host_storage(c10::intrusive_ptr<c10::StorageImpl> host, c10::DeviceIndex device) {
  const std::size_t requested = host->nbytes();
  const std::size_t rounded = round_up(requested);
  if (!counters(device).add(requested, rounded)) throw_out_of_memory(device, requested);
  auto* lease = Freelist<Lease>::take();
  lease->requested = requested;
  lease->rounded = rounded;
  lease->device = device;
  // The host storage's own checks (copy-on-write, deferred memory) stay with the host storage.
  void* data = const_cast<void*>(host->data());
  lease->host = host.release();
  return {data, lease, &release_lease, c10::Device(c10::kCUDA, device)};
}

c10::StorageImpl* host_storage(const c10::DataPtr& data) noexcept {
  if (data.get_deleter() != &release_lease) return nullptr;
  return static_cast<Lease*>(data.get_context())->host;
}

std::pair<std::size_t, std::size_t> memory_info(c10::DeviceIndex device) {
  check_device(device);
  const std::size_t total = card().total_memory;
  return {total - std::min(total, counters(device).allocated_bytes()), total};
}

void set_memory_fraction(double fraction, c10::DeviceIndex device) {
  check_device(device);
  counters(device).set_fraction(fraction);
}

double memory_fraction(c10::DeviceIndex device) {
  check_device(device);
  return counters(device).fraction();
}

}  // namespace torchdevice

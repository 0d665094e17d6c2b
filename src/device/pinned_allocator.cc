#include "device/pinned_allocator.h"

#include <c10/core/impl/alloc_cpu.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "device/stream.h"

namespace torchdevice {
namespace {

/// The address ranges of every block, by start.
class Ranges {
 public:
  void add(const void* start, std::size_t size) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    sizes_[static_cast<const char*>(start)] = size;
  }

  void remove(const void* start) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    sizes_.erase(static_cast<const char*>(start));
  }

  bool contain(const void* address) const {
    const auto* byte = static_cast<const char*>(address);
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    auto after = sizes_.upper_bound(byte);
    if (after == sizes_.begin()) return false;
    const auto& [start, size] = *--after;
    return static_cast<std::size_t>(byte - start) < size;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<const char*, std::size_t, std::less<>> sizes_;
};

/// Marks the work on a stream up to now: it is complete, as all work is when it was issued.
struct CompleteEvent {};

using Block = at::HostBlock<c10::Stream>;

/// The part of at::CachingHostAllocatorImpl that its backend supplies, as
/// aten/src/ATen/cuda/CachingHostAllocator.cpp does with cudaHostAlloc.
class PinnedMemory : public at::CachingHostAllocatorImpl<c10::Stream, CompleteEvent> {
 public:
  bool contains(const void* address) const { return ranges_.contain(address); }

  void copy_data(void* dest, const void* src, std::size_t count) const override {
    std::memcpy(dest, src, count);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int64_t microseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  }

  void allocate_host_memory(std::size_t size, void** address) override {
    const auto start = Clock::now();
    *address = c10::alloc_cpu(size);
    ranges_.add(*address, size);
    const std::lock_guard<std::mutex> lock(stats_.timing_mutex_);
    stats_.host_alloc_time.increase(microseconds_since(start));
  }

  void free_block(Block* block) override {
    const auto start = Clock::now();
    ranges_.remove(block->ptr_);
    c10::free_cpu(block->ptr_);
    const std::lock_guard<std::mutex> lock(stats_.timing_mutex_);
    stats_.host_free_time.increase(microseconds_since(start));
  }

  void record_stream(std::optional<std::vector<CompleteEvent>>& events,
                     c10::Stream /*stream*/) override {
    events->push_back(CompleteEvent{});
  }

  bool query_event(CompleteEvent& /*event*/) override { return true; }

  c10::Stream get_current_stream() const override { return current_stream(-1); }

  bool stream_is_capturing(c10::Stream /*stream*/) const override { return false; }

  Ranges ranges_;
};

void free_pinned(void* block);

using PinnedAllocator = at::CachingHostAllocatorInterface<PinnedMemory, free_pinned>;

/// Never destroyed: tensors in static storage may outlive this library's statics.
PinnedAllocator& instance() {
  static auto* allocator = new PinnedAllocator();
  return *allocator;
}

void free_pinned(void* block) { instance().free(block); }

}  // namespace

at::HostAllocator* pinned_allocator() { return &instance(); }

bool is_pinned(const void* data) { return instance().impl_->contains(data); }

}  // namespace torchdevice

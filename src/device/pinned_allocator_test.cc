#include "device/pinned_allocator.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <thread>
#include <vector>

#include "device/stream.h"

namespace torchdevice {
namespace {

TEST(PinnedAllocator, AddressesInsideABlockArePinned) {
  const c10::DataPtr data = pinned_allocator()->allocate(1000);
  const auto* bytes = static_cast<const char*>(data.get());
  EXPECT_TRUE(is_pinned(bytes));
  EXPECT_TRUE(is_pinned(bytes + 999));
  EXPECT_FALSE(is_pinned(bytes + 1024)) << "a block of 1000 bytes is rounded up to 1024";
  const char local = 0;
  EXPECT_FALSE(is_pinned(&local));
  EXPECT_FALSE(is_pinned(nullptr));
  EXPECT_EQ(data.device().type(), c10::DeviceType::CPU);
}

/// The caching host allocator's rules (ATen/core/CachingHostAllocator.h): sizes are rounded up to a
/// power of two, a freed block is kept and serves the next request of its size.
TEST(PinnedAllocator, FreedBlocksAreCachedUntilEmptied) {
  auto* allocator = pinned_allocator();
  allocator->empty_cache();
  const auto before = allocator->get_stats();
  const void* address = nullptr;
  {
    const c10::DataPtr data = allocator->allocate(5000);
    address = data.get();
    const auto during = allocator->get_stats();
    EXPECT_EQ(during.active_bytes.current - before.active_bytes.current, 8192);
    EXPECT_EQ(during.num_host_alloc - before.num_host_alloc, 1);
  }
  const auto cached = allocator->get_stats();
  EXPECT_EQ(cached.active_bytes.current, before.active_bytes.current);
  EXPECT_EQ(cached.allocated_bytes.current - before.allocated_bytes.current, 8192);
  EXPECT_TRUE(is_pinned(address));
  EXPECT_EQ(allocator->allocate(8000).get(), address);
  EXPECT_EQ(allocator->get_stats().num_host_alloc - before.num_host_alloc, 1);

  allocator->empty_cache();
  EXPECT_EQ(allocator->get_stats().allocated_bytes.current, before.allocated_bytes.current);
  EXPECT_EQ(allocator->get_stats().num_host_free - before.num_host_free, 1);
  EXPECT_FALSE(is_pinned(address));
}

TEST(PinnedAllocator, ABlockThatAStreamUsedIsReused) {
  auto* allocator = pinned_allocator();
  allocator->empty_cache();
  const void* address = nullptr;
  {
    c10::DataPtr data = allocator->allocate(3000);
    address = data.get();
    EXPECT_TRUE(
        allocator->record_event(data.mutable_get(), data.get_context(), stream_from_pool(0)));
  }
  EXPECT_EQ(allocator->allocate(3000).get(), address);
  char foreign = 0;
  EXPECT_FALSE(allocator->record_event(&foreign, nullptr, default_stream(0)));
}

TEST(PinnedAllocator, ClonesCopyTheBytes) {
  auto* allocator = pinned_allocator();
  const std::array<char, 6> text = {'p', 'i', 'n', 'n', 'e', 'd'};
  const c10::DataPtr copy = allocator->clone(text.data(), text.size());
  EXPECT_EQ(std::memcmp(copy.get(), text.data(), text.size()), 0);
}

TEST(PinnedAllocator, StatisticsAddUpOverThreads) {
  auto* allocator = pinned_allocator();
  const auto before = allocator->get_stats();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 1; i <= 200; ++i) {
        const c10::DataPtr data = allocator->allocate(i * 100);
        EXPECT_TRUE(is_pinned(static_cast<const char*>(data.get()) + i));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto after = allocator->get_stats();
  EXPECT_EQ(after.active_requests.current, before.active_requests.current);
  EXPECT_EQ(after.active_requests.allocated - before.active_requests.allocated, 800);
}

}  // namespace
}  // namespace torchdevice

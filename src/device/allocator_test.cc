#include "device/allocator.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "device/card.h"
#include "device/device.h"

namespace torchdevice {
namespace {

constexpr auto kAggregate = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

int64_t allocated(c10::DeviceIndex device) {
  return allocator()->getDeviceStats(device).allocated_bytes[kAggregate].current;
}

/// CUDACachingAllocator.cpp: round_size rounds up to kMinBlockSize, 512 bytes.
TEST(Allocator, CountsBlocksRoundedUpOnTheirDevice) {
  const auto before = allocated(0);
  const auto other = allocated(1);
  {
    const auto data = allocator()->allocate(513);
    EXPECT_EQ(data.device(), c10::Device(c10::kCUDA, 0));
    EXPECT_EQ(allocated(0) - before, 1024);
    EXPECT_EQ(allocated(1), other);
  }
  EXPECT_EQ(allocated(0), before);
}

TEST(Allocator, AllocatesOnTheCurrentDevice) {
  const CurrentDevice current(1);
  const auto before = allocated(1);
  const auto data = allocator()->allocate(1);
  EXPECT_EQ(data.device().index(), 1);
  EXPECT_EQ(allocated(1) - before, 512);
}

TEST(Allocator, OwnsTheHostStorageOfItsMemoryOnly) {
  const auto data = allocator()->allocate(64);
  const auto* host = host_storage(data);
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->device().type(), c10::kCPU);
  EXPECT_EQ(host->data(), data.get());
  EXPECT_EQ(host_storage(c10::GetCPUAllocator()->allocate(64)), nullptr);
}

TEST(Allocator, RefusesMoreThanTheCardHasAndRecovers) {
  const auto before = allocated(0);
  const auto ooms = allocator()->getDeviceStats(0).num_ooms;
  try {
    allocator()->allocate(card().total_memory + 1);
    FAIL() << "no error";
  } catch (const c10::OutOfMemoryError& error) {
    EXPECT_NE(std::string(error.what_without_backtrace()).find("CUDA out of memory. Tried to"),
              std::string::npos);
  }
  EXPECT_EQ(allocated(0), before);
  EXPECT_EQ(allocator()->getDeviceStats(0).num_ooms, ooms + 1);
  EXPECT_NE(allocator()->allocate(16).get(), nullptr);
}

TEST(Allocator, MemoryFractionLimitsTheProcess) {
  set_memory_fraction(1024.0 / static_cast<double>(card().total_memory), 1);
  const CurrentDevice current(1);
  EXPECT_THROW(allocator()->allocate(1 << 20), c10::OutOfMemoryError);
  set_memory_fraction(1.0, 1);
  EXPECT_NO_THROW(allocator()->allocate(1 << 20));
}

TEST(Allocator, CountsOfManyThreadsAddUp) {
  const auto before = allocator()->getDeviceStats(0);
  constexpr int kThreads = 8;
  constexpr int kRounds = 1250;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      std::vector<c10::DataPtr> held;
      for (int i = 0; i < kRounds; ++i) {
        held.push_back(allocator()->allocate(static_cast<std::size_t>(i)));
        if (i % 3 == 0) held.clear();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto after = allocator()->getDeviceStats(0);
  EXPECT_EQ(after.allocated_bytes[kAggregate].current, before.allocated_bytes[kAggregate].current);
  EXPECT_EQ(after.allocation[kAggregate].allocated - before.allocation[kAggregate].allocated,
            kThreads * kRounds);
  EXPECT_EQ(after.allocation[kAggregate].freed - before.allocation[kAggregate].freed,
            kThreads * kRounds);
}

}  // namespace
}  // namespace torchdevice

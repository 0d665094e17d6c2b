// The unit tests run with TORCHDEVICE_COUNT=2.
#include "device/stream.h"

#include <c10/core/StreamGuard.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "device/device.h"

namespace torchdevice {
namespace {

TEST(Stream, TheDefaultStreamIsZeroAndHasNoHandle) {
  const c10::Stream stream = default_stream(1);
  EXPECT_EQ(stream.id(), 0);
  EXPECT_EQ(stream.device(), c10::Device(c10::kCUDA, 1));
  EXPECT_EQ(stream_handle(stream), nullptr);
  EXPECT_EQ(stream_priority(stream), 0);
}

/// c10/cuda/CUDAStream.h: 32 streams a priority, handed out round robin.
TEST(Stream, APoolHas32StreamsAndThenRepeats) {
  const c10::Stream first = stream_from_pool(0, -1);
  std::set<c10::StreamId> ids = {first.id()};
  std::set<void*> handles = {stream_handle(first)};
  for (int i = 1; i < 32; ++i) {
    const c10::Stream next = stream_from_pool(0, -1);
    EXPECT_EQ(stream_priority(next), -1);
    ids.insert(next.id());
    handles.insert(stream_handle(next));
  }
  EXPECT_EQ(ids.size(), 32u);
  EXPECT_EQ(handles.size(), 32u);
  EXPECT_EQ(handles.count(nullptr), 0u);
  EXPECT_EQ(stream_from_pool(0, -1), first);
}

TEST(Stream, PrioritiesAreClampedToTheRange) {
  EXPECT_EQ(stream_priority_range(), std::make_pair(0, -3));
  EXPECT_EQ(stream_priority(stream_from_pool(0, -9)), -3);
  EXPECT_EQ(stream_priority(stream_from_pool(0)), 0);
  EXPECT_THROW(stream_from_pool(0, 1), c10::Error);
}

TEST(Stream, AHandleMakesAnExternalStreamWithThatHandleAndPriority) {
  const c10::Stream stream = stream_from_pool(1, -2);
  const c10::Stream external = external_stream(stream_handle(stream), 1);
  EXPECT_EQ(stream_handle(external), stream_handle(stream));
  EXPECT_EQ(stream_priority(external), -2);
  alignas(8) char foreign[8];
  EXPECT_EQ(stream_handle(external_stream(foreign, 0)), foreign);
  EXPECT_EQ(stream_priority(external_stream(foreign, 0)), 0);
}

TEST(Stream, TheCurrentStreamIsPerThreadAndDevice) {
  const c10::Stream stream = stream_from_pool(1);
  EXPECT_EQ(exchange_stream(stream), default_stream(1));
  EXPECT_EQ(current_stream(1), stream);
  EXPECT_EQ(current_stream(0), default_stream(0));
  std::thread([] { EXPECT_EQ(current_stream(1), default_stream(1)); }).join();
  EXPECT_EQ(exchange_stream(default_stream(1)), stream);
}

TEST(Stream, AStreamGuardSwitchesStreamAndDevice) {
  const c10::Stream stream = stream_from_pool(1);
  {
    const c10::StreamGuard guard(stream);
    EXPECT_EQ(current_device(), 1);
    EXPECT_EQ(current_stream(-1), stream);
  }
  EXPECT_EQ(current_device(), 0);
  EXPECT_EQ(current_stream(1), default_stream(1));
}

TEST(Stream, ADeviceThatDoesNotExistRaises) {
  EXPECT_THROW(current_stream(device_count()), c10::AcceleratorError);
  EXPECT_THROW(default_stream(-2), c10::AcceleratorError);
}

TEST(Stream, AMadeUpIdRaises) {
  const c10::Stream made_up(c10::Stream::UNSAFE, c10::Device(c10::kCUDA, 0), 0x7fff1);
  EXPECT_THROW(stream_handle(made_up), c10::Error);
}

}  // namespace
}  // namespace torchdevice

// The unit tests run with TORCHDEVICE_COUNT=2.
#include "device/event.h"

#include <c10/core/Event.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <chrono>

#include "device/stream.h"

namespace torchdevice {
namespace {

void spin(std::chrono::microseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) continue;
}

TEST(Event, ElapsedTimeIsTheTimeBetweenTheRecords) {
  Event start(true);
  Event end(true);
  const auto before = std::chrono::steady_clock::now();
  start.record(default_stream(0));
  spin(std::chrono::microseconds(200));
  end.record(default_stream(0));
  const std::chrono::duration<double, std::milli> outside =
      std::chrono::steady_clock::now() - before;
  EXPECT_GE(start.elapsed_ms(end), 0.2f);
  EXPECT_LE(start.elapsed_ms(end), outside.count() * 1.001);
  EXPECT_FLOAT_EQ(end.elapsed_ms(start), -start.elapsed_ms(end));
}

/// The texts of c10/cuda/CUDAEvent.h, elapsed_time and record.
TEST(Event, MisuseRaisesCudasErrors) {
  Event timed(true);
  Event untimed(false);
  const auto text_of = [](auto&& use) -> std::string {
    try {
      use();
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
    return "no error";
  };
  EXPECT_EQ(text_of([&] { timed.elapsed_ms(untimed); }),
            "Both events must be created with argument 'enable_timing=True'.");
  EXPECT_EQ(text_of([&] { timed.elapsed_ms(timed); }),
            "Both events must be recorded before calculating elapsed time.");
  timed.record(default_stream(0));
  EXPECT_EQ(text_of([&] { timed.record(default_stream(1)); }),
            "Event device 0 does not match recording stream's device 1.");
}

TEST(Event, TheFirstRecordGivesTheDevice) {
  Event event(false);
  EXPECT_FALSE(event.recorded());
  EXPECT_EQ(event.device(), std::nullopt);
  event.record(default_stream(1));
  EXPECT_TRUE(event.recorded());
  EXPECT_EQ(event.device(), 1);
}

TEST(Event, PyTorchsGenericEventWorksThroughTheGuard) {
  c10::Event start(c10::kCUDA, c10::EventFlag::BACKEND_DEFAULT);
  c10::Event end(c10::kCUDA, c10::EventFlag::BACKEND_DEFAULT);
  EXPECT_TRUE(start.query());
  start.record(default_stream(0));
  spin(std::chrono::microseconds(50));
  end.record(stream_from_pool(0));
  start.block(default_stream(1));
  end.synchronize();
  EXPECT_TRUE(end.query());
  EXPECT_GE(start.elapsedTime(end), 0.05f);
  EXPECT_THROW(start.record(default_stream(1)), c10::Error);
}

}  // namespace
}  // namespace torchdevice

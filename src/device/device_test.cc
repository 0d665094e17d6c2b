// The unit tests run with TORCHDEVICE_COUNT=2.
#include "device/device.h"

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace torchdevice {
namespace {

TEST(Device, EachThreadStartsOnDeviceZero) {
  const auto before = exchange_device(1);
  EXPECT_EQ(current_device(), 1);
  std::thread([] { EXPECT_EQ(current_device(), 0); }).join();
  EXPECT_EQ(exchange_device(before), 1);
}

TEST(Device, ABadOrdinalRaisesCudasErrorAndChangesNothing) {
  const auto before = current_device();
  for (const int index : {-1, static_cast<int>(device_count()), 100}) {
    try {
      exchange_device(static_cast<c10::DeviceIndex>(index));
      FAIL() << index;
    } catch (const c10::AcceleratorError& error) {
      EXPECT_EQ(error.get_error_code(), 101) << "cudaErrorInvalidDevice";
      // What PyTorch 2.13's CUDA build prints (c10/cuda/CUDAException.cpp).
      EXPECT_STREQ(error.what_without_backtrace(),
                   "CUDA error: invalid device ordinal\n"
                   "GPU device may be out of range, do you have enough GPUs?\n"
                   "For more detailed error information, run with CUDA_LOG_FILE=stderr\n"
                   "Device-side assertion tracking was not enabled by user.");
    }
  }
  EXPECT_EQ(current_device(), before);
}

TEST(Device, AGuardSwitchesAndRestores) {
  ASSERT_EQ(device_count(), 2);
  const auto before = current_device();
  {
    const c10::DeviceGuard guard(c10::Device(c10::kCUDA, 1));
    EXPECT_EQ(current_device(), 1);
    EXPECT_TRUE(is_initialized(1));
  }
  EXPECT_EQ(current_device(), before);
  EXPECT_THROW(c10::DeviceGuard(c10::Device(c10::kCUDA, 5)), c10::AcceleratorError);
}

TEST(Device, InitializeUsesTheCurrentDevice) {
  initialize();
  EXPECT_TRUE(is_initialized(current_device()));
  EXPECT_FALSE(is_initialized(-1));
  EXPECT_FALSE(is_initialized(device_count()));
}

}  // namespace
}  // namespace torchdevice

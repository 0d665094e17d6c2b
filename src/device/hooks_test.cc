// The unit tests run with TORCHDEVICE_COUNT=2.
#include "device/hooks.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <memory>

#include "device/allocator.h"
#include "device/device.h"
#include "device/mps_hooks.h"
#include "device/pinned_allocator.h"
#include "torchdevice/torchdevice.h"

namespace torchdevice {
namespace {

TEST(Hooks, LoadingTheLibraryFillsTheSlots) {
  EXPECT_EQ(load(), 2);
  EXPECT_NE(dynamic_cast<const CudaHooks*>(&at::detail::getCUDAHooks()), nullptr);
  EXPECT_TRUE(at::hasCUDA());
  EXPECT_EQ(at::detail::getCUDAHooks().deviceCount(), 2);
  EXPECT_EQ(at::getAccelerator(), c10::kCUDA);
  EXPECT_EQ(c10::GetAllocator(c10::kCUDA), allocator());
  EXPECT_EQ(at::getHostAllocator(c10::kCUDA), pinned_allocator());
  EXPECT_FALSE(at::hasMPS());
}

TEST(Hooks, NewGeneratorsComeFromTheContext) {
  const at::Generator generator = at::globalContext().defaultGenerator(c10::Device(c10::kCUDA, 1));
  EXPECT_EQ(generator.device(), c10::Device(c10::kCUDA, 1));
  EXPECT_TRUE(at::globalContext().isPinnedPtr(pinned_allocator()->allocate(8).get(), c10::kCUDA));
}

TEST(Hooks, ThePlanCacheRemembersItsSize) {
  const auto& hooks = at::detail::getCUDAHooks();
  EXPECT_EQ(hooks.cuFFTGetPlanCacheMaxSize(0), 4096);
  hooks.cuFFTSetPlanCacheMaxSize(0, 10);
  EXPECT_EQ(hooks.cuFFTGetPlanCacheMaxSize(0), 10);
  EXPECT_EQ(hooks.cuFFTGetPlanCacheMaxSize(1), 4096);
  EXPECT_EQ(hooks.cuFFTGetPlanCacheSize(1), 0);
  EXPECT_THROW(hooks.cuFFTSetPlanCacheMaxSize(0, -1), c10::Error);
  try {
    hooks.cuFFTClearPlanCache(2);
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_STREQ(error.what_without_backtrace(),
                 "cufft_clear_plan_cache: expected 0 <= device_index < 2], but got device_index=2");
  }
}

TEST(Hooks, WhatOnlyNvidiaHasStaysAnError) {
  EXPECT_THROW(at::detail::getCUDAHooks().nvrtc(), c10::Error);
  EXPECT_THROW(at::detail::getCUDAHooks().versionMIOpen(), c10::Error);
}

/// Stands for the hooks of a macOS build.
class BuiltMpsHooks final : public at::MPSHooksInterface {
 public:
  bool isBuilt() const override { return true; }
  bool hasMPS() const override { return true; }
  size_t getRecommendedMaxMemory() const override { return 42; }
};

TEST(MpsHooks, HidingDeniesOnlyBeingBuilt) {
  at::MPSHooksRegistry()->Register("MPSHooks", [] { return std::make_unique<BuiltMpsHooks>(); });
  hide_mps_hooks();
  const auto hooks = at::MPSHooksRegistry()->Create("MPSHooks");
  ASSERT_NE(hooks, nullptr);
  EXPECT_FALSE(hooks->isBuilt());
  EXPECT_TRUE(hooks->hasMPS());
  EXPECT_EQ(hooks->getRecommendedMaxMemory(), 42u);
  EXPECT_THROW(hooks->deviceSynchronize(), c10::Error) << "the real hooks' own error";
}

}  // namespace
}  // namespace torchdevice

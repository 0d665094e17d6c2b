#pragma once

#include <ATen/detail/CUDAHooksInterface.h>

#include <string>

namespace torchdevice {

/// Answers ATen's questions about CUDA for the virtual GPUs, as at::cuda::detail::CUDAHooks
/// (aten/src/ATen/cuda/detail/CUDAHooks.cpp) does for real ones. What only NVIDIA's libraries could
/// do (NVRTC) keeps the interface's own error. Stateless; any thread.
class CudaHooks final : public at::CUDAHooksInterface {
 public:
  explicit CudaHooks(at::CUDAHooksArgs) {}

  void init() const override;
  bool isBuilt() const override { return true; }
  bool isAvailable() const override;
  bool hasPrimaryContext(at::DeviceIndex device) const override;

  at::DeviceIndex deviceCount() const override;
  int getNumGPUs() const override;
  at::DeviceIndex current_device() const override;
  at::DeviceIndex getCurrentDevice() const override;
  void setCurrentDevice(at::DeviceIndex device) const override;
  at::DeviceIndex exchangeDevice(at::DeviceIndex device) const override;
  at::DeviceIndex maybeExchangeDevice(at::DeviceIndex device) const override;
  void deviceSynchronize(at::DeviceIndex device) const override;

  const at::Generator& getDefaultGenerator(at::DeviceIndex device) const override;
  at::Generator getNewGenerator(at::DeviceIndex device) const override;

  at::Allocator* getCUDADeviceAllocator() const override;
  at::Allocator* getPinnedMemoryAllocator() const override;
  bool isPinnedPtr(const void* data) const override;
  /// The current device: every address of the host is one of each virtual GPU.
  at::Device getDeviceFromPtr(void* data) const override;

  bool hasCUDA() const override;
  bool hasCUDART() const override { return true; }
  bool hasMAGMA() const override { return true; }
  bool hasCuDNN() const override { return true; }
  bool hasCuSOLVER() const override { return true; }
  bool hasCuBLASLt() const override { return true; }
  /// False: true makes ATen's composites choose cuDNN's operators over those that the host has.
  bool compiledWithCuDNN() const override { return false; }
  long versionCUDART() const override;
  long versionCuDNN() const override;
  long versionRuntimeCuDNN() const override;
  long versionCuDNNFrontend() const override;
  double batchnormMinEpsilonCuDNN() const override { return 0.0; }
  std::string showConfig() const override;

  /// The FFT plan cache: its capacity is remembered for each device, and it is always empty.
  int64_t cuFFTGetPlanCacheMaxSize(at::DeviceIndex device) const override;
  void cuFFTSetPlanCacheMaxSize(at::DeviceIndex device, int64_t max_size) const override;
  int64_t cuFFTGetPlanCacheSize(at::DeviceIndex device) const override;
  void cuFFTClearPlanCache(at::DeviceIndex device) const override;
};

}  // namespace torchdevice

#include "device/hooks.h"

#include <c10/util/Exception.h>

#include <array>
#include <atomic>

#include "device/allocator.h"
#include "device/device.h"
#include "device/generator.h"
#include "device/pinned_allocator.h"
#include "device/settings.h"
#include "device/versions.h"

namespace torchdevice {
namespace {

/// The error of aten/src/ATen/native/cuda/SpectralOps.cpp, stray bracket and all.
void check_plan_cache_device(const char* function, at::DeviceIndex device) {
  TORCH_CHECK(0 <= device && device < device_count(), function, ": expected 0 <= device_index < ",
              static_cast<int>(device_count()),
              "], but got device_index=", static_cast<int>(device));
}

struct PlanCacheSize {
  std::atomic<int64_t> value{4096};  // CUFFT_DEFAULT_CACHE_SIZE
};

std::atomic<int64_t>& plan_cache_max_size(at::DeviceIndex device) {
  static std::array<PlanCacheSize, kMaxDeviceCount> sizes;
  return sizes[device].value;
}

}  // namespace

void CudaHooks::init() const { initialize(); }

bool CudaHooks::isAvailable() const { return device_count() > 0; }

bool CudaHooks::hasCUDA() const { return device_count() > 0; }

bool CudaHooks::hasPrimaryContext(at::DeviceIndex device) const {
  TORCH_CHECK(device >= 0 && device < device_count(),
              "hasPrimaryContext expects a valid device index, but got device_index=",
              static_cast<int>(device));
  return is_initialized(device);
}

at::DeviceIndex CudaHooks::deviceCount() const { return device_count(); }

int CudaHooks::getNumGPUs() const { return device_count(); }

at::DeviceIndex CudaHooks::current_device() const { return torchdevice::current_device(); }

at::DeviceIndex CudaHooks::getCurrentDevice() const { return torchdevice::current_device(); }

void CudaHooks::setCurrentDevice(at::DeviceIndex device) const {
  TORCH_CHECK(device >= 0, "device id must be non-negative!", static_cast<int>(device));
  exchange_device(device);
}

at::DeviceIndex CudaHooks::exchangeDevice(at::DeviceIndex device) const {
  return exchange_device(device);
}

at::DeviceIndex CudaHooks::maybeExchangeDevice(at::DeviceIndex device) const {
  check_device(device);
  const auto previous = torchdevice::current_device();
  set_device_unchecked(device);
  return previous;
}

void CudaHooks::deviceSynchronize(at::DeviceIndex device) const { check_device(device); }

const at::Generator& CudaHooks::getDefaultGenerator(at::DeviceIndex device) const {
  return default_generator(device);
}

at::Generator CudaHooks::getNewGenerator(at::DeviceIndex device) const {
  return new_generator(device);
}

at::Allocator* CudaHooks::getCUDADeviceAllocator() const { return allocator(); }

at::Allocator* CudaHooks::getPinnedMemoryAllocator() const { return pinned_allocator(); }

bool CudaHooks::isPinnedPtr(const void* data) const { return is_pinned(data); }

at::Device CudaHooks::getDeviceFromPtr(void* /*data*/) const {
  return {at::kCUDA, torchdevice::current_device()};
}

long CudaHooks::versionCUDART() const { return kCudaVersion; }

long CudaHooks::versionCuDNN() const { return kCudnnVersion; }

long CudaHooks::versionRuntimeCuDNN() const { return kCudnnVersion; }

long CudaHooks::versionCuDNNFrontend() const { return kCudnnFrontendVersion; }

std::string CudaHooks::showConfig() const {
  return c10::str("  - CUDA Runtime ", kCudaVersion / 1000, ".", kCudaVersion / 10 % 100,
                  " (virtual: TorchDevice on the CPU)\n", "  - CuDNN ", kCudnnVersion / 10000, ".",
                  kCudnnVersion / 100 % 100, ".", kCudnnVersion % 100, " (virtual)\n");
}

int64_t CudaHooks::cuFFTGetPlanCacheMaxSize(at::DeviceIndex device) const {
  check_plan_cache_device("cufft_get_plan_cache_max_size", device);
  return plan_cache_max_size(device);
}

void CudaHooks::cuFFTSetPlanCacheMaxSize(at::DeviceIndex device, int64_t max_size) const {
  check_plan_cache_device("cufft_set_plan_cache_max_size", device);
  TORCH_CHECK(max_size >= 0, "cuFFT plan cache size must be non-negative, but got ", max_size);
  plan_cache_max_size(device) = max_size;
}

int64_t CudaHooks::cuFFTGetPlanCacheSize(at::DeviceIndex device) const {
  check_plan_cache_device("cufft_get_plan_cache_size", device);
  return 0;
}

void CudaHooks::cuFFTClearPlanCache(at::DeviceIndex device) const {
  check_plan_cache_device("cufft_clear_plan_cache", device);
}

}  // namespace torchdevice

#include "device/guard.h"

#include <c10/util/Exception.h>

#include "device/allocator.h"
#include "device/cuda_error.h"
#include "device/device.h"
#include "device/event.h"
#include "device/stream.h"

namespace torchdevice {
namespace {

bool timing_enabled(c10::EventFlag flag) {
  TORCH_CHECK(flag == c10::EventFlag::PYTORCH_DEFAULT || flag == c10::EventFlag::BACKEND_DEFAULT,
              "CUDA event received unknown flag");
  return flag == c10::EventFlag::BACKEND_DEFAULT;
}

void check_is_cuda(c10::Device device) {
  TORCH_CHECK(device.is_cuda(), "Expected a CUDA device, but got ", device);
}

}  // namespace

c10::Device CudaGuardImpl::exchangeDevice(c10::Device device) const {
  check_is_cuda(device);
  return {c10::kCUDA, exchange_device(device.index())};
}

c10::Device CudaGuardImpl::getDevice() const { return {c10::kCUDA, current_device()}; }

void CudaGuardImpl::setDevice(c10::Device device) const {
  check_is_cuda(device);
  TORCH_CHECK(device.index() >= 0, "device id must be non-negative!",
              static_cast<int>(device.index()));
  exchange_device(device.index());
}

void CudaGuardImpl::uncheckedSetDevice(c10::Device device) const noexcept {
  set_device_unchecked(device.index());
}

c10::DeviceIndex CudaGuardImpl::deviceCount() const noexcept { return device_count(); }

void CudaGuardImpl::synchronizeDevice(c10::DeviceIndex device) const { check_device(device); }

c10::Stream CudaGuardImpl::getStream(c10::Device device) const {
  return current_stream(device.index());
}

c10::Stream CudaGuardImpl::getDefaultStream(c10::Device device) const {
  return default_stream(device.index());
}

c10::Stream CudaGuardImpl::getStreamFromGlobalPool(c10::Device device, bool high_priority) const {
  return stream_from_pool(device.index(), high_priority ? stream_priority_range().second : 0);
}

c10::Stream CudaGuardImpl::getNewStream(c10::Device device, int priority) const {
  return stream_from_pool(device.index(), priority);
}

c10::Stream CudaGuardImpl::exchangeStream(c10::Stream stream) const {
  return exchange_stream(stream);
}

void* CudaGuardImpl::getStreamNativeHandle(c10::Stream stream) const {
  return stream_handle(stream);
}

bool CudaGuardImpl::queryStream(const c10::Stream& /*stream*/) const { return true; }

void CudaGuardImpl::synchronizeStream(const c10::Stream& /*stream*/) const {}

void CudaGuardImpl::recordDataPtrOnStream(const c10::DataPtr& data,
                                          const c10::Stream& stream) const {
  allocator()->recordStream(data, stream);
}

void CudaGuardImpl::record(void** event, const c10::Stream& stream, c10::DeviceIndex device,
                           c10::EventFlag flag) const {
  TORCH_CHECK(device == -1 || device == stream.device_index(), "Event device index ",
              static_cast<int>(device), " does not match recording stream's device index ",
              static_cast<int>(stream.device_index()), ".");
  auto* recorded = static_cast<Event*>(*event);
  if (recorded == nullptr) recorded = new Event(timing_enabled(flag));
  recorded->record(stream);
  *event = recorded;
}

void CudaGuardImpl::block(void* /*event*/, const c10::Stream& /*stream*/) const {}

bool CudaGuardImpl::queryEvent(void* /*event*/) const { return true; }

void CudaGuardImpl::synchronizeEvent(void* /*event*/) const {}

double CudaGuardImpl::elapsedTime(void* start, void* end, c10::DeviceIndex /*device*/) const {
  TORCH_CHECK(start && end, "Both events must be recorded before calculating elapsed time.");
  const auto& first = *static_cast<const Event*>(start);
  const auto& last = *static_cast<const Event*>(end);
  // What cudaEventElapsedTime answers for an event made with cudaEventDisableTiming.
  if (!first.timing_enabled() || !last.timing_enabled()) {
    throw_cuda_error(CudaError::kInvalidResourceHandle);
  }
  return first.elapsed_ms(last);
}

void CudaGuardImpl::destroyEvent(void* event, c10::DeviceIndex /*device*/) const noexcept {
  delete static_cast<Event*>(event);
}

}  // namespace torchdevice

#include "device/mps_hooks.h"

#include <ATen/detail/MPSHooksInterface.h>

#include <memory>
#include <string>
#include <utility>

namespace torchdevice {
namespace {

/// The real hooks, but for isBuilt().
class HiddenMpsHooks final : public at::MPSHooksInterface {
 public:
  explicit HiddenMpsHooks(std::shared_ptr<const at::MPSHooksInterface> real)
      : real_(std::move(real)) {}

  bool isBuilt() const override { return false; }

  bool isAvailable() const override { return real_->isAvailable(); }
  void init() const override { real_->init(); }
  bool hasPrimaryContext(at::DeviceIndex device) const override {
    return real_->hasPrimaryContext(device);
  }
  at::DeviceIndex deviceCount() const override { return real_->deviceCount(); }
  void setCurrentDevice(at::DeviceIndex device) const override { real_->setCurrentDevice(device); }
  at::DeviceIndex getCurrentDevice() const override { return real_->getCurrentDevice(); }
  at::DeviceIndex exchangeDevice(at::DeviceIndex device) const override {
    return real_->exchangeDevice(device);
  }
  at::DeviceIndex maybeExchangeDevice(at::DeviceIndex device) const override {
    return real_->maybeExchangeDevice(device);
  }
  bool isPinnedPtr(const void* data) const override { return real_->isPinnedPtr(data); }
  at::Allocator* getPinnedMemoryAllocator() const override {
    return real_->getPinnedMemoryAllocator();
  }
  at::Device getDeviceFromPtr(void* data) const override { return real_->getDeviceFromPtr(data); }
  const at::Generator& getDefaultGenerator(at::DeviceIndex device) const override {
    return real_->getDefaultGenerator(device);
  }
  at::Generator getNewGenerator(at::DeviceIndex device) const override {
    return real_->getNewGenerator(device);
  }

  bool hasMPS() const override { return real_->hasMPS(); }
  bool isOnMacOSorNewer(unsigned major, unsigned minor) const override {
    return real_->isOnMacOSorNewer(major, minor);
  }
  at::Allocator* getMPSDeviceAllocator() const override { return real_->getMPSDeviceAllocator(); }
  void deviceSynchronize() const override { real_->deviceSynchronize(); }
  void commitStream() const override { real_->commitStream(); }
  void* getCommandBuffer() const override { return real_->getCommandBuffer(); }
  void* getDispatchQueue() const override { return real_->getDispatchQueue(); }
  void emptyCache() const override { real_->emptyCache(); }
  size_t getCurrentAllocatedMemory() const override { return real_->getCurrentAllocatedMemory(); }
  size_t getDriverAllocatedMemory() const override { return real_->getDriverAllocatedMemory(); }
  size_t getRecommendedMaxMemory() const override { return real_->getRecommendedMaxMemory(); }
  size_t getMaxBufferLength() const override { return real_->getMaxBufferLength(); }
  void setMemoryFraction(double ratio) const override { real_->setMemoryFraction(ratio); }
  void profilerStartTrace(const std::string& mode, bool wait_until_completed) const override {
    real_->profilerStartTrace(mode, wait_until_completed);
  }
  void profilerStopTrace() const override { real_->profilerStopTrace(); }
  uint32_t acquireEvent(bool enable_timing) const override {
    return real_->acquireEvent(enable_timing);
  }
  void releaseEvent(uint32_t event) const override { real_->releaseEvent(event); }
  void recordEvent(uint32_t event) const override { real_->recordEvent(event); }
  void waitForEvent(uint32_t event) const override { real_->waitForEvent(event); }
  void synchronizeEvent(uint32_t event) const override { real_->synchronizeEvent(event); }
  bool queryEvent(uint32_t event) const override { return real_->queryEvent(event); }
  double elapsedTimeOfEvents(uint32_t start, uint32_t end) const override {
    return real_->elapsedTimeOfEvents(start, end);
  }

 private:
  std::shared_ptr<const at::MPSHooksInterface> real_;
};

}  // namespace

void hide_mps_hooks() {
  constexpr const char* kKey = "MPSHooks";
  std::shared_ptr<const at::MPSHooksInterface> real = at::MPSHooksRegistry()->Create(kKey);
  if (!real) return;
  at::MPSHooksRegistry()->Register(
      kKey, [real] { return std::make_unique<HiddenMpsHooks>(real); }, c10::REGISTRY_PREFERRED);
}

}  // namespace torchdevice

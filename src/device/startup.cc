// Fills PyTorch's CUDA slots when this library is loaded. ATen looks for the hooks once, while
// `torch._C` starts, and keeps the answer: loading must come before that.

#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <memory>

#include "device/allocator.h"
#include "device/card.h"
#include "device/guard.h"
#include "device/hooks.h"
#include "device/mps_hooks.h"
#include "device/pinned_allocator.h"
#include "device/redirect/register.h"
#include "device/report.h"
#include "device/settings.h"
#include "torchdevice/torchdevice.h"

namespace torchdevice {
namespace {

/// Before the allocators of a CUDA build of PyTorch, should it be one.
constexpr uint8_t kPriority = std::numeric_limits<uint8_t>::max();

void fill_slots() {
  at::CUDAHooksRegistry()->Register(
      "CUDAHooks", [](at::CUDAHooksArgs args) { return std::make_unique<CudaHooks>(args); },
      c10::REGISTRY_PREFERRED);
#ifdef __APPLE__
  hide_mps_hooks();
#endif
  // PyTorch's registry does not own guards: they live for ever.
  c10::impl::DeviceGuardImplRegistrar(c10::kCUDA, new CudaGuardImpl());
  c10::SetAllocator(c10::kCUDA, allocator(), kPriority);
  at::setHostAllocator(c10::kCUDA, pinned_allocator(), kPriority);
  register_operators();

  if (!settings().report.empty()) {
    report::enable(true);
    std::atexit(report::write);
  }
}

/// A library that is being loaded has nobody to throw to: bad settings end the process with their
/// one line, as bad arguments end a command.
const bool started = [] {
  try {
    if (settings().enabled) {
      card();
      fill_slots();
    }
  } catch (const c10::Error& error) {
    std::cerr << "torchdevice: " << error.what_without_backtrace() << "\n";
    std::exit(2);
  }
  return true;
}();

}  // namespace

int load() { return started && settings().enabled ? settings().device_count : 0; }

}  // namespace torchdevice

#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/util/FunctionRef.h>

#include <cstdint>

#include "device/redirect/plan.h"

namespace torchdevice {

/// One operator call on its way through the redirect.
struct Call {
  const Plan& plan;
  /// The first CUDA argument's device; results go there. -1: no argument is a CUDA tensor (a CUDA
  /// generator brought the call here).
  c10::DeviceIndex device = -1;
};

/// An argument as the dispatcher passed it.
template <class T>
struct Passed {
  T value;
  const Call& call;
};

/// Looks at the devices of all tensor arguments of a call, in order.
class DeviceScan {
 public:
  explicit DeviceScan(const Plan& plan) : plan_(plan) {}

  /// A defined tensor of argument `index`.
  void see(const at::Tensor& tensor, uint32_t index) {
    const auto device = tensor.device();
    if (device.is_cuda()) {
      if (device_ < 0) device_ = device.index();
      mixed_ |= device.index() != device_;
    } else if (tensor.unsafeGetTensorImpl()->dim() == 0 && (plan_.written >> index & 1) == 0) {
      ++scalars_;
    } else {
      mixed_ = true;
    }
  }

  c10::DeviceIndex device() const { return device_; }

  /// Whether check_devices() can be skipped: all arguments are on one device, but for what every
  /// kind of check lets pass.
  bool agrees() const {
    if (plan_.device_check == DeviceCheck::kNone) return true;
    return !mixed_ && (scalars_ == 0 || (scalars_ == 1 && allows_scalar()));
  }

 private:
  bool allows_scalar() const {
    return plan_.device_check == DeviceCheck::kTensorIterator ||
           plan_.device_check == DeviceCheck::kIndex;
  }

  const Plan& plan_;
  c10::DeviceIndex device_ = -1;
  bool mixed_ = false;
  int scalars_ = 0;
};

/// Visits all defined tensors of a call with the number of their argument.
using VisitTensors = c10::function_ref<void(c10::function_ref<void(const at::Tensor&, uint32_t)>)>;

/// Raises what CUDA raises for these arguments, or returns false if the operator must be decomposed
/// (DeviceCheck::kComposite with mixed devices), true if the call may go on.
bool check_devices(const Plan& plan, VisitTensors visit);

/// The generator for a random operator: for the host's kernels one drawn from the CUDA generator
/// that was passed, or from the default generator of the call's device; for this library's own
/// functions, that generator itself. A CPU generator raises, as in CUDA's kernels; without a CUDA
/// tensor (Call::device < 0) a CUDA generator raises, as in the CPU's.
std::optional<at::Generator> generator_for(std::optional<at::Generator> passed, const Call& call);

/// Raises CUDA's error when the first tensor's dtype is one of Plan::refused.
void check_dtype(const Plan& plan, VisitTensors visit);

/// Visits the original and the alias of every tensor of a call, with the number of its argument.
using VisitAliases =
    c10::function_ref<void(c10::function_ref<void(const at::Tensor&, at::Tensor&, uint32_t)>)>;

/// Carries back what the host kernel did to the metadata or memory of the written arguments.
void write_back_all(const Call& call, VisitAliases visit);

/// Turns the tensors that the host kernel returned into the CUDA tensors to return: an argument
/// itself, a view of an argument's storage, or a new tensor on the call's device. Results that
/// share a host storage share a CUDA storage.
void finish_results(at::ArrayRef<at::Tensor*> results, const Call& call, VisitAliases visit);

}  // namespace torchdevice

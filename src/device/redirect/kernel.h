#pragma once

/// The way of a call.
///
/// `torch.add(x, y)` on CUDA tensors goes through PyTorch's own autograd and autocast kernels and
/// arrives at the CUDA dispatch key, where RedirectKernel stands for CUDA's kernel:
///
///   1. DeviceScan looks at the devices of the tensor arguments; where they differ,
///      check_devices() raises CUDA's error, as check_dtype() does for dtypes that CUDA lacks
///      (call.h).
///   2. Each tensor argument gets an alias: a host tensor over the same memory (alias.h,
///      arguments.h). CPU tensors that CUDA accepts pass as they are.
///   3. The operator is redispatched to the host's kernel; or, where the host has none, one of this
///      project's functions over host tensors is called (kernels/host_kernels.h).
///   4. What the kernel did to the metadata or memory of written arguments is carried back.
///   5. Results: an argument itself, a view of an argument's storage, or a fresh host tensor, which
///      is restamped as a CUDA tensor in place.
///
/// Everything that does not depend on the arguments stands in the operator's Plan (plan.h), made by
/// tools/generate_redirect.py. Operators that are not known at build time take the same way boxed
/// (boxed.cc).

#include <ATen/core/boxing/KernelFunction.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <tuple>
#include <type_traits>
#include <utility>

#include "device/device.h"
#include "device/redirect/arguments.h"
#include "device/redirect/call.h"
#include "device/redirect/detour.h"
#include "device/redirect/plan.h"
#include "device/redirect/results.h"
#include "device/report.h"

namespace torchdevice {

/// Calls the host's own kernel of an operator.
template <class Signature>
class HostKernel;
template <class R, class... A>
class HostKernel<R(A...)> {
 public:
  explicit HostKernel(const c10::OperatorHandle& op) : op_(op.typed<R(A...)>()) {}
  R operator()(A... args) const {
    return op_.redispatch(c10::DispatchKeySet(c10::DispatchKey::CPU), std::forward<A>(args)...);
  }

 private:
  c10::TypedOperatorHandle<R(A...)> op_;
};

/// Calls one of this project's functions over host tensors.
template <class Signature>
class HostFunction;
template <class R, class... A>
class HostFunction<R(A...)> {
 public:
  explicit HostFunction(R (*function)(A...)) : function_(function) {}
  R operator()(A... args) const { return function_(std::forward<A>(args)...); }

 private:
  R (*function_)(A...);
};

/// The kernel of one operator at the CUDA key. `Host` is HostKernel or HostFunction.
template <class Signature, template <class> class Host>
class RedirectKernel;

template <class R, class... A, template <class> class Host>
class RedirectKernel<R(A...), Host> final : public c10::OperatorKernel {
 public:
  RedirectKernel(const Plan& plan, Host<R(A...)> host) : plan_(plan), host_(std::move(host)) {}

  R operator()(A... args) { return run(std::index_sequence_for<A...>(), std::forward<A>(args)...); }

 private:
  static constexpr bool kIsOwn = std::is_same_v<Host<R(A...)>, HostFunction<R(A...)>>;

  template <std::size_t... I>
  R run(std::index_sequence<I...> /*numbers*/, A... args) {
    report::Timer timer(plan_.name, plan_.served);
    const auto visit_tensors = [&](auto&& see) {
      (Argument<A>::each(args, [&](const at::Tensor& t) { see(t, static_cast<uint32_t>(I)); }),
       ...);
    };
    DeviceScan scan(plan_);
    visit_tensors([&](const at::Tensor& tensor, uint32_t index) { scan.see(tensor, index); });
    if (C10_UNLIKELY(!scan.agrees()) && !check_devices(plan_, visit_tensors)) {
      return host_(std::forward<A>(args)...);
    }
    if (C10_UNLIKELY(plan_.refused != 0)) check_dtype(plan_, visit_tensors);

    const Call call{plan_, scan.device()};
    std::tuple<Argument<A>...> arguments{Passed<A>{std::forward<A>(args), call}...};
    const auto visit_aliases = [&](auto&& visit) {
      (std::get<I>(arguments).aliases([&](const at::Tensor& original, at::Tensor& alias) {
        visit(original, alias, static_cast<uint32_t>(I));
      }),
       ...);
    };
    // This project's functions draw from the current device's generator.
    const CurrentDevice current(kIsOwn ? call.device : -1);
    Detour detour;
    const auto call_host = [&]() -> R {
      try {
        return host_(std::get<I>(arguments).host()...);
      } catch (const c10::Error& error) {
        detour.begin(error, visit_aliases);
        timer.served = Served::kDtypeDetour;
        return host_(std::get<I>(arguments).host()...);
      }
    };
    const auto carry_back = [&] {
      if (C10_UNLIKELY(detour.active())) detour.end(call, visit_aliases);
      if (plan_.written != 0) write_back_all(call, visit_aliases);
    };

    if constexpr (std::is_void_v<R>) {
      call_host();
      carry_back();
    } else {
      R result = call_host();
      if constexpr (refers<R>()) {
        carry_back();
        return Originals<R>::of(result, visit_aliases);
      } else {
        TensorPointers tensors;
        collect(result, tensors);
        if (C10_UNLIKELY(detour.active())) detour.narrow(tensors);
        carry_back();
        finish_results(tensors, call, visit_aliases);
        return result;
      }
    }
  }

  const Plan& plan_;
  Host<R(A...)> host_;
};

}  // namespace torchdevice

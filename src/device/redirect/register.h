#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <memory>
#include <utility>

#include "device/redirect/kernel.h"

namespace torchdevice {

/// Registers every kernel of this library at the CUDA key: the redirects (generated), the native
/// kernels, and the boxed fallback. Once, while the library is loaded.
void register_operators();

/// Registers `kernel` for an operator at the CUDA key, for the life of the process.
void register_kernel(const c10::OperatorHandle& op, c10::KernelFunction kernel);

/// Finds an aten operator; throws c10::Error if this PyTorch does not have it.
c10::OperatorHandle find_operator(const char* name, const char* overload_name);

template <class Signature, template <class> class Host>
c10::KernelFunction make_kernel(const Plan& plan, Host<Signature> host) {
  using Kernel = RedirectKernel<Signature, Host>;
  return c10::KernelFunction::makeFromUnboxedFunctor<false, Kernel>(
      std::make_unique<Kernel>(plan, std::move(host)));
}

/// Registers the redirect of an operator (a struct of at::_ops) to the host's own kernel.
template <class Op>
void redirect(const Plan& plan) {
  using Signature = typename Op::schema;
  const auto op = find_operator(Op::name, Op::overload_name);
  register_kernel(op, make_kernel<Signature, HostKernel>(plan, HostKernel<Signature>(op)));
}

/// Registers the redirect of an operator to a function over host tensors.
template <class Op>
void redirect(const Plan& plan, typename Op::schema* function) {
  using Signature = typename Op::schema;
  const auto op = find_operator(Op::name, Op::overload_name);
  register_kernel(op,
                  make_kernel<Signature, HostFunction>(plan, HostFunction<Signature>(function)));
}

}  // namespace torchdevice

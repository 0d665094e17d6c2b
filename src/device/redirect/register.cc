#include "device/redirect/register.h"

#include <deque>

#include "device/kernels/native_kernels.h"
#include "device/redirect/boxed.h"

namespace torchdevice {

/// Written by tools/generate_redirect.py.
void register_redirects();

c10::OperatorHandle find_operator(const char* name, const char* overload_name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload_name);
}

void register_kernel(const c10::OperatorHandle& op, c10::KernelFunction kernel) {
  // Never destroyed: a kernel must not be unregistered while the process runs down.
  static auto* handles = new std::deque<c10::RegistrationHandleRAII>();
  handles->push_back(c10::Dispatcher::singleton().registerImpl(
      op.operator_name(), c10::DispatchKey::CUDA, std::move(kernel), std::nullopt, nullptr,
      "torchdevice"));
}

void register_operators() {
  register_redirects();
  kernels::register_native_kernels();
  register_fallback();
}

}  // namespace torchdevice

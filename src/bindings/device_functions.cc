/// Devices: torch._C._cuda_init, _cuda_setDevice and their kin, as torch/csrc/cuda/Module.cpp.

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/Generator.h>
#include <torch/csrc/utils/device_lazy_init.h>
#include <torch/csrc/utils/object_ptr.h>

#include <atomic>
#include <chrono>

#include "bindings/bindings.h"
#include "bindings/device_index.h"
#include "bindings/method.h"
#include "device/card.h"
#include "device/device.h"
#include "device/generator.h"

namespace torchdevice::bindings {
namespace {

constexpr auto kCuda = c10::DeviceType::CUDA;

/// A child forked from here on must not use CUDA (CUDA cannot be re-initialised after a fork).
void poison_fork() { torch::utils::register_fork_handler_for_device_init(kCuda); }

bool is_in_bad_fork() { return torch::utils::is_device_in_bad_fork(kCuda); }

void set_attribute(PyObject* object, const char* name, PyObject* value) {
  if (PyObject_SetAttrString(object, name, value) < 0) {
    throw python_error();
  }
}

/// Called by torch.cuda._lazy_init. Completes the module torch.cuda, as a CUDA build does.
void init() {
  TORCH_INTERNAL_ASSERT(!is_in_bad_fork());  // torch.cuda._lazy_init raises before
  poison_fork();
  at::globalContext().lazyInitDevice(kCuda);

  THPObjectPtr cuda(PyImport_ImportModule("torch.cuda"));
  if (!cuda) {
    throw python_error();
  }
  set_attribute(cuda, "has_magma", at::hasMAGMA() ? Py_True : Py_False);
  set_attribute(cuda, "has_half", Py_True);

  const auto count = device_count();
  THPObjectPtr generators(PyTuple_New(count));
  if (!generators) {
    throw python_error();
  }
  for (c10::DeviceIndex i = 0; i < count; ++i) {
    PyObject* generator = THPGenerator_initDefaultGenerator(default_generator(i));
    if (generator == nullptr) {
      throw python_error();
    }
    PyTuple_SET_ITEM(generators.get(), i, generator);
  }
  set_attribute(cuda, "default_generators", generators);

  THPObjectPtr torch_c(PyImport_ImportModule("torch._C"));
  THPObjectPtr properties(PyObject_GetAttrString(torch_c, "_get_device_properties"));
  if (!properties) {
    throw python_error();
  }
  set_attribute(cuda, "_get_device_properties", properties);
}

void set_device(int64_t device) {
  torch::utils::device_lazy_init(kCuda);
  exchange_device(to_device_index(device));
}

int exchange(int64_t device) {
  if (device < 0) {
    return -1;
  }
  torch::utils::device_lazy_init(kCuda);
  return exchange_device(to_device_index(device));
}

/// As exchange() but without making a context on the device; there are no contexts to avoid here.
/// Must stay a function of its own: Dynamo registers a handler for each of the two.
int maybe_exchange(int64_t device) { return exchange(device); }

int get_device() {
  torch::utils::device_lazy_init(kCuda);
  return current_device();
}

int get_device_count() {
  poison_fork();
  return device_count();
}

PyObject* can_access_peer(PyObject* /*self*/, PyObject* args) {
  HANDLE_TH_ERRORS
  int device = 0;
  int peer = 0;
  if (PyArg_ParseTuple(args, "ii", &device, &peer) == 0) {
    return nullptr;
  }
  torch::utils::device_lazy_init(kCuda);
  return to_python(to_device_index(device) !=
                   to_device_index(peer));  // the virtual GPUs share one memory
  END_HANDLE_TH_ERRORS
}

/// The architectures that this "build" has kernels for: the card's own.
std::string arch_flags() {
  poison_fork();
  return c10::str("sm_", card().major, card().minor);
}

int compiled_version() { return static_cast<int>(at::detail::getCUDAHooks().versionCUDART()); }

void synchronize() {
  pybind11::gil_scoped_release no_gil;
  c10::impl::VirtualGuardImpl(kCuda).synchronizeDevice(current_device());
}

bool has_primary_context(int64_t device) { return is_initialized(to_device_index(device)); }

/// Keeps the thread busy for as long as `cycles` of the card's clock take.
void sleep(int64_t cycles) {
  pybind11::gil_scoped_release no_gil;
  const std::chrono::duration<double, std::milli> time(static_cast<double>(cycles) /
                                                       card().clock_rate);
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

std::atomic<int> sync_debug_mode{0};

void set_sync_debug_mode(int64_t mode) {
  TORCH_WARN_ONCE(
      "Synchronization debug mode is a prototype feature and does not yet detect all synchronizing "
      "operations");
  TORCH_CHECK(mode >= 0 && mode <= 2, "invalid value of debug_mode, expected one of 0,1,2");
  sync_debug_mode = static_cast<int>(mode);
}

int get_sync_debug_mode() { return sync_debug_mode; }

/// Shared memory blocks that other processes have let go of; there are none yet to collect.
void ipc_collect() {}

bool is_backward_pass() { return false; }

PyMethodDef functions[] = {
    {"_cuda_init", noargs<&init>, METH_NOARGS, nullptr},
    {"_cuda_setDevice", int_arg<&set_device>, METH_O, nullptr},
    {"_cuda_exchangeDevice", int_arg<&exchange>, METH_O, nullptr},
    {"_cuda_maybeExchangeDevice", int_arg<&maybe_exchange>, METH_O, nullptr},
    {"_cuda_getDevice", noargs<&get_device>, METH_NOARGS, nullptr},
    {"_cuda_getDeviceCount", noargs<&get_device_count>, METH_NOARGS, nullptr},
    {"_cuda_canDeviceAccessPeer", can_access_peer, METH_VARARGS, nullptr},
    {"_cuda_getArchFlags", noargs<&arch_flags>, METH_NOARGS, nullptr},
    {"_cuda_isInBadFork", noargs<&is_in_bad_fork>, METH_NOARGS, nullptr},
    {"_cuda_getCompiledVersion", noargs<&compiled_version>, METH_NOARGS, nullptr},
    {"_cuda_hasPrimaryContext", int_arg<&has_primary_context>, METH_O, nullptr},
    {"_cuda_synchronize", noargs<&synchronize>, METH_NOARGS, nullptr},
    {"_cuda_ipc_collect", noargs<&ipc_collect>, METH_NOARGS, nullptr},
    {"_cuda_sleep", int_arg<&sleep>, METH_O, nullptr},
    {"_cuda_set_sync_debug_mode", int_arg<&set_sync_debug_mode>, METH_O, nullptr},
    {"_cuda_get_sync_debug_mode", noargs<&get_sync_debug_mode>, METH_NOARGS, nullptr},
    {"_rocm_is_backward_pass", noargs<&is_backward_pass>, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void add_device_functions(PyObject* module) {
  if (PyModule_AddFunctions(module, functions) < 0) {
    throw python_error();
  }
  set_attribute(module, "_has_cuda", Py_True);

  const int version = compiled_version();
  THPObjectPtr torch_version(PyImport_ImportModule("torch.version"));
  THPObjectPtr text(PyUnicode_FromFormat("%d.%d", version / 1000, version % 1000 / 10));
  if (!torch_version || !text) {
    throw python_error();
  }
  set_attribute(torch_version, "cuda", text);
}

}  // namespace torchdevice::bindings

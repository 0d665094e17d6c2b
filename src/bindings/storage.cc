/// torch.UntypedStorage on cuda: what torch/csrc/Storage.cpp and StorageMethods.cpp compile only
/// into a CUDA build, put into the slots of torch._C.StorageBase. Classes that derive from it,
/// torch.UntypedStorage first of all, are made later and inherit.

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <torch/csrc/Device.h>
#include <torch/csrc/DynamicTypes.h>
#include <torch/csrc/Storage.h>
#include <torch/csrc/utils/object_ptr.h>
#include <torch/csrc/utils/python_numbers.h>
#include <torch/csrc/utils/python_strings.h>

#include <algorithm>
#include <optional>

#include "bindings/bindings.h"
#include "bindings/python_type.h"
#include "bindings/unavailable.h"
#include "device/allocator.h"

namespace torchdevice::bindings {
namespace {

newfunc original_new = nullptr;
PyCFunction original_resize = nullptr;

/// The device asked for, if it is a CUDA one.
std::optional<c10::Device> cuda_device(PyObject* kwargs) {
  PyObject* value = kwargs == nullptr ? nullptr : PyDict_GetItemString(kwargs, "device");
  if (value == nullptr || value == Py_None) {
    return std::nullopt;
  }
  std::optional<c10::Device> device;
  if (THPDevice_Check(value)) {
    device = reinterpret_cast<THPDevice*>(value)->device;
  } else if (THPUtils_checkString(value)) {
    device = c10::Device(THPUtils_unpackString(value));
  } else if (THPUtils_checkLong(value)) {
    device = c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(THPUtils_unpackLong(value)));
  }
  return device && device->is_cuda() ? device : std::nullopt;
}

/// StorageBase.__new__(size_or_sequence, *, allocator, device): the original takes our allocator.
PyObject* storage_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  const auto device = cuda_device(kwargs);
  PyObject* given = device ? PyDict_GetItemString(kwargs, "allocator") : nullptr;
  if (!device || (given != nullptr && given != Py_None)) {
    return original_new(type, args, kwargs);
  }
  at::globalContext().lazyInitDevice(c10::kCUDA);
  THPObjectPtr with_allocator(PyDict_Copy(kwargs));
  THPObjectPtr address(PyLong_FromVoidPtr(allocator()));
  if (!with_allocator || !address || PyDict_DelItemString(with_allocator, "device") < 0 ||
      PyDict_SetItemString(with_allocator, "allocator", address) < 0) {
    return nullptr;
  }
  const c10::DeviceGuard guard(*device);
  return original_new(type, args, with_allocator);
  END_HANDLE_TH_ERRORS
}

/// at::native::resize_bytes_cuda: new memory on the same device, with what fits of the old bytes.
void resize_bytes(const c10::Storage& storage, int64_t bytes) {
  TORCH_CHECK(storage.resizable(), "Trying to resize storage that is not resizable");
  const auto options = at::TensorOptions(at::kByte).device(storage.device());
  const auto kept = std::min(bytes, static_cast<int64_t>(storage.nbytes()));
  const auto resized = at::empty({bytes}, options);
  resized.narrow(0, 0, kept).copy_(at::empty({0}, options).set_(storage, 0, {kept}, {1}));
  storage.unsafeGetStorageImpl()->set_data_ptr_noswap(
      resized.storage().unsafeGetStorageImpl()->set_data_ptr({nullptr, storage.device()}));
  storage.set_nbytes(static_cast<size_t>(bytes));
}

/// StorageBase.resize_(bytes).
PyObject* storage_resize(PyObject* self, PyObject* bytes) {
  HANDLE_TH_ERRORS
  THPStorage_assertNotNull(self);
  const auto& storage = THPStorage_Unpack(self);
  if (storage.device_type() != c10::kCUDA) {
    return original_resize(self, bytes);
  }
  TORCH_CHECK(THPUtils_checkLong(bytes), "resize_ expects an int, but got ",
              Py_TYPE(bytes)->tp_name);
  const int64_t size = THPUtils_unpackLong(bytes);
  TORCH_CHECK(size >= 0, "Requested storage size (", size, ") cannot be represented as a size_t");
  resize_bytes(storage, size);
  return Py_NewRef(self);
  END_HANDLE_TH_ERRORS
}

PyMethodDef methods[] = {
    {"resize_", storage_resize, METH_O, nullptr},
    {"_resize_with_addr_",
     unavailable_method<"torch.UntypedStorage._resize_with_addr_", "CUDA graphs">(),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"_share_cuda_", unavailable_method<"torch.UntypedStorage._share_cuda_", "CUDA IPC">(),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"_new_shared_cuda", unavailable_method<"torch.UntypedStorage._new_shared_cuda", "CUDA IPC">(),
     METH_VARARGS | METH_KEYWORDS | METH_STATIC, nullptr},
    {"_release_ipc_counter_cuda",
     unavailable_method<"torch.UntypedStorage._release_ipc_counter_cuda", "CUDA IPC">(),
     METH_VARARGS | METH_KEYWORDS | METH_STATIC, nullptr},
};

}  // namespace

void replace_storage_methods() {
  original_new = THPStorageType.tp_new;
  THPStorageType.tp_new = storage_new;

  PyObject* resize = PyDict_GetItemString(THPStorageType.tp_dict, methods[0].ml_name);
  TORCH_INTERNAL_ASSERT(resize != nullptr && Py_IS_TYPE(resize, &PyMethodDescr_Type));
  const PyMethodDef* found = reinterpret_cast<PyMethodDescrObject*>(resize)->d_method;
  TORCH_INTERNAL_ASSERT(found->ml_flags == METH_O);
  original_resize = found->ml_meth;
  for (PyMethodDef& method : methods) {
    replace_method(&THPStorageType, &method);
  }
}

}  // namespace torchdevice::bindings

/// torch.cuda.FloatTensor and its kin, and torch.set_default_tensor_type: both are there in every
/// build, but check at compile time whether it is one with CUDA
/// (torch/csrc/tensor/python_tensor.cpp).

#include <c10/core/DispatchKey.h>
#include <torch/csrc/Dtype.h>
#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/tensor/python_tensor.h>
#include <torch/csrc/utils/device_lazy_init.h>
#include <torch/csrc/utils/pybind.h>
#include <torch/csrc/utils/tensor_new.h>

#include <string_view>
#include <unordered_map>

#include "bindings/bindings.h"
#include "bindings/method.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

struct TensorType {
  c10::DispatchKey key;
  c10::ScalarType dtype;
};

/// The tensor types whose name starts with "torch.cuda.".
std::unordered_map<PyTypeObject*, TensorType> cuda_types;

const TensorType& tensor_type_of(PyTypeObject* type) {
  while (!cuda_types.contains(type)) {  // a subclass: the type is among its bases
    type = type->tp_base;
  }
  return cuda_types.at(type);
}

PyObject* tensor_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  TORCH_WARN_ONCE(
      "The torch.cuda.*DtypeTensor constructors are no longer recommended. It's best to use "
      "methods such as torch.tensor(data, dtype=*, device='cuda') to create tensors.");
  torch::utils::device_lazy_init(c10::kCUDA);
  const auto [key, dtype] = tensor_type_of(type);
  return THPVariable_Wrap(torch::utils::legacy_tensor_ctor(key, dtype, args, kwargs));
  END_HANDLE_TH_ERRORS
}

/// PyTensorType::is_cuda of a tensor type. The struct is private to python_tensor.cpp; its tp_name
/// points at its own member `char name[64]`, which follows `bool is_cuda; bool is_xpu;`.
bool& is_cuda_flag(PyTypeObject* type) {
  return *reinterpret_cast<bool*>(const_cast<char*>(type->tp_name) - 2);
}

/// torch._C._set_default_tensor_type: the original refuses types that are flagged as CUDA ones.
PyObject* set_default_tensor_type(PyObject* /*self*/, PyObject* arg) {
  HANDLE_TH_ERRORS
  auto* type = reinterpret_cast<PyTypeObject*>(arg);
  if (!PyType_Check(arg) || !cuda_types.contains(type)) {
    torch::tensors::py_set_default_tensor_type(arg);
    Py_RETURN_NONE;
  }
  bool& is_cuda = is_cuda_flag(type);
  TORCH_INTERNAL_ASSERT(is_cuda);
  is_cuda = false;
  try {
    torch::tensors::py_set_default_tensor_type(arg);
  } catch (...) {
    is_cuda = true;
    throw;
  }
  is_cuda = true;
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyMethodDef functions[] = {{"_set_default_tensor_type", set_default_tensor_type, METH_O, nullptr},
                           {nullptr, nullptr, 0, nullptr}};

}  // namespace

void complete_legacy_tensors(PyObject* torch) {
  const auto module = py::reinterpret_borrow<py::module_>(torch);
  for (const py::handle item : module.attr("_tensor_classes")) {
    auto* type = reinterpret_cast<PyTypeObject*>(item.ptr());
    if (!std::string_view(type->tp_name).starts_with("torch.cuda.")) {
      continue;
    }
    const py::object dtype = item.attr("dtype");
    const bool sparse = item.attr("is_sparse").cast<bool>();
    cuda_types[type] = {sparse ? c10::DispatchKey::SparseCUDA : c10::DispatchKey::CUDA,
                        reinterpret_cast<THPDtype*>(dtype.ptr())->scalar_type};
    type->tp_new = tensor_new;
  }
  if (PyModule_AddFunctions(module.attr("_C").ptr(), functions) < 0) {
    throw python_error();
  }
}

}  // namespace torchdevice::bindings

#pragma once

#include <c10/util/Exception.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/python_headers.h>
#include <torch/csrc/utils/pycfunction_helpers.h>
#include <torch/csrc/utils/python_numbers.h>

#include <string>
#include <type_traits>

/// Builds entries of PyMethodDef tables from C++ functions: errors and warnings become Python's, as
/// in PyTorch's own bindings.
namespace torchdevice::bindings {

inline PyObject* to_python(bool value) { return PyBool_FromLong(value); }
inline PyObject* to_python(int value) { return THPUtils_packInt32(value); }
inline PyObject* to_python(int64_t value) { return THPUtils_packInt64(value); }
inline PyObject* to_python(void* value) { return PyLong_FromVoidPtr(value); }
inline PyObject* to_python(const std::string& value) {
  return PyUnicode_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size()));
}
/// A new reference, passed on.
inline PyObject* to_python(PyObject* value) { return value; }

/// METH_NOARGS.
template <auto Function>
PyObject* noargs(PyObject* /*self*/, PyObject* /*unused*/) {
  HANDLE_TH_ERRORS
  if constexpr (std::is_void_v<decltype(Function())>) {
    Function();
    Py_RETURN_NONE;
  } else {
    return to_python(Function());
  }
  END_HANDLE_TH_ERRORS
}

/// METH_O with an integer: `Function(int64_t)`. Anything else raises RuntimeError, as
/// torch/csrc/cuda/Module.cpp does.
template <auto Function>
PyObject* int_arg(PyObject* /*self*/, PyObject* arg) {
  HANDLE_TH_ERRORS
  TORCH_CHECK(THPUtils_checkLong(arg), "expected an int, but got ", Py_TYPE(arg)->tp_name);
  const int64_t value = THPUtils_unpackLong(arg);
  if constexpr (std::is_void_v<decltype(Function(value))>) {
    Function(value);
    Py_RETURN_NONE;
  } else {
    return to_python(Function(value));
  }
  END_HANDLE_TH_ERRORS
}

}  // namespace torchdevice::bindings

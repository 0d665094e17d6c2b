#pragma once

#include <torch/csrc/python_headers.h>

namespace torchdevice::bindings {

/// A static type, to be filled in and made ready.
inline PyTypeObject static_type() {
  PyTypeObject type = {};
  Py_SET_REFCNT(reinterpret_cast<PyObject*>(&type), 1);
  return type;
}

/// Makes `type` ready and puts it on `module`. Throws python_error.
void add_type(PyObject* module, const char* name, PyTypeObject* type);

/// Puts a method or a static method in the place of the one that a C type of PyTorch has.
/// `definition` must live for ever. Throws python_error.
void replace_method(PyTypeObject* type, PyMethodDef* definition);

}  // namespace torchdevice::bindings

#include "bindings/python_type.h"

#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/object_ptr.h>

namespace torchdevice::bindings {

void add_type(PyObject* module, const char* name, PyTypeObject* type) {
  if (PyType_Ready(type) < 0 ||
      PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(type)) < 0) {
    throw python_error();
  }
}

void replace_method(PyTypeObject* type, PyMethodDef* definition) {
  THPObjectPtr method;
  if (definition->ml_flags & METH_STATIC) {
    THPObjectPtr function(PyCFunction_NewEx(definition, nullptr, nullptr));
    method = function ? PyStaticMethod_New(function.get()) : nullptr;
  } else {
    method = PyDescr_NewMethod(type, definition);
  }
  if (!method || PyDict_SetItemString(type->tp_dict, definition->ml_name, method.get()) < 0) {
    throw python_error();
  }
  PyType_Modified(type);
}

}  // namespace torchdevice::bindings

/// Autograd on the calling thread. PyTorch runs the backward of CUDA operators on one thread per
/// device, so that a GPU's queue stays full. Here the operators are the host's own: the hand-over
/// would only cost time, and a device thread that still holds Python objects when the interpreter
/// ends brings the process down.

#include <c10/core/AutogradState.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/object_ptr.h>
#include <torch/csrc/utils/pycfunction_helpers.h>

#include "bindings/bindings.h"
#include "bindings/python_type.h"

namespace torchdevice::bindings {
namespace {

/// Backward passes that this thread starts stay on it while one of these lives.
class OnCallingThread {
 public:
  OnCallingThread() { state().set_multithreading_enabled(false); }
  ~OnCallingThread() { state().set_multithreading_enabled(before_); }
  OnCallingThread(const OnCallingThread&) = delete;
  OnCallingThread& operator=(const OnCallingThread&) = delete;

 private:
  static c10::AutogradState& state() { return c10::AutogradState::get_tls_state(); }

  bool before_ = state().get_multithreading_enabled();
};

PyCFunctionWithKeywords original = nullptr;

PyObject* run_backward(PyObject* self, PyObject* args, PyObject* kwargs) {
  const OnCallingThread on_calling_thread;
  return original(self, args, kwargs);
}

PyMethodDef definition = {"run_backward", castPyCFunctionWithKeywords(run_backward),
                          METH_VARARGS | METH_KEYWORDS, nullptr};

}  // namespace

void replace_run_backward(PyObject* torch_c) {
  THPObjectPtr engine(PyObject_GetAttrString(torch_c, "_ImperativeEngine"));
  if (!engine) {
    throw python_error();
  }
  auto* type = reinterpret_cast<PyTypeObject*>(engine.get());
  PyObject* method = PyDict_GetItemString(type->tp_dict, "run_backward");
  TORCH_INTERNAL_ASSERT(method != nullptr && Py_IS_TYPE(method, &PyMethodDescr_Type));
  const PyMethodDef* found = reinterpret_cast<PyMethodDescrObject*>(method)->d_method;
  TORCH_INTERNAL_ASSERT(found->ml_flags == definition.ml_flags);
  original =
      reinterpret_cast<PyCFunctionWithKeywords>(reinterpret_cast<void (*)()>(found->ml_meth));
  definition.ml_doc = found->ml_doc;
  replace_method(type, &definition);
}

}  // namespace torchdevice::bindings

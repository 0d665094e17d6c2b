/// torch._C._CudaEventBase, as torch/csrc/cuda/Event.cpp. The event is the c10::Event of its base,
/// torch.Event, so the two can stand in for each other.

#include <torch/csrc/Device.h>
#include <torch/csrc/Event.h>
#include <torch/csrc/utils/object_ptr.h>
#include <torch/csrc/utils/pybind.h>

#include "bindings/bindings.h"
#include "bindings/method.h"
#include "bindings/python_type.h"
#include "bindings/stream.h"
#include "bindings/unavailable.h"

namespace torchdevice::bindings {
namespace {

c10::Event& event_of(PyObject* self) { return reinterpret_cast<THPEvent*>(self)->event; }

PyObject* event_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  int enable_timing = 0;
  int blocking = 0;      // how a CPU thread waits: there is never anything to wait for
  int interprocess = 0;  // takes effect in ipc_handle()
  int external = 0;      // takes effect in a graph capture
  constexpr const char* names[] = {"enable_timing", "blocking", "interprocess", "external",
                                   nullptr};
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "|pppp", const_cast<char**>(names), &enable_timing,
                                  &blocking, &interprocess, &external) == 0) {
    return nullptr;
  }
  THPObjectPtr object(type->tp_alloc(type, 0));
  if (!object) {
    return nullptr;
  }
  new (&event_of(object))
      c10::Event(c10::DeviceType::CUDA,
                 enable_timing ? c10::EventFlag::BACKEND_DEFAULT : c10::EventFlag::PYTORCH_DEFAULT);
  return object.release();
  END_HANDLE_TH_ERRORS
}

void event_dealloc(PyObject* self) {
  event_of(self).~Event();
  THPEvent_dealloc_common(reinterpret_cast<THPEvent*>(self));
}

PyObject* event_device(PyObject* self, void* /*closure*/) {
  HANDLE_TH_ERRORS
  const auto& event = event_of(self);
  if (!event.was_marked_for_recording()) {
    Py_RETURN_NONE;
  }
  return THPDevice_New(event.device());
  END_HANDLE_TH_ERRORS
}

PyObject* event_handle(PyObject* self, void* /*closure*/) {
  HANDLE_TH_ERRORS
  return to_python(event_of(self).eventId());
  END_HANDLE_TH_ERRORS
}

PyObject* event_record(PyObject* self, PyObject* stream) {
  HANDLE_TH_ERRORS
  event_of(self).record(unpack_cuda_stream(stream));
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyObject* event_wait(PyObject* self, PyObject* stream) {
  HANDLE_TH_ERRORS
  const auto waiting = unpack_cuda_stream(stream);
  {
    pybind11::gil_scoped_release no_gil;
    event_of(self).block(waiting);
  }
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyObject* event_query(PyObject* self, PyObject* /*unused*/) {
  HANDLE_TH_ERRORS
  return to_python(event_of(self).query());
  END_HANDLE_TH_ERRORS
}

PyObject* event_elapsed_time(PyObject* self, PyObject* end) {
  HANDLE_TH_ERRORS
  TORCH_CHECK_TYPE(THPEvent_Check(end), "expected a torch.cuda.Event, but got ",
                   Py_TYPE(end)->tp_name);
  return PyFloat_FromDouble(event_of(self).elapsedTime(event_of(end)));
  END_HANDLE_TH_ERRORS
}

PyObject* event_synchronize(PyObject* self, PyObject* /*unused*/) {
  HANDLE_TH_ERRORS {
    pybind11::gil_scoped_release no_gil;
    event_of(self).synchronize();
  }
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyGetSetDef event_properties[] = {{"device", event_device, nullptr, nullptr, nullptr},
                                  {"cuda_event", event_handle, nullptr, nullptr, nullptr},
                                  {"event_id", event_handle, nullptr, nullptr, nullptr},
                                  {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef event_methods[] = {
    {"from_ipc_handle", unavailable_method<"torch.cuda.Event.from_ipc_handle", "CUDA IPC">(),
     METH_CLASS | METH_VARARGS | METH_KEYWORDS, nullptr},
    {"record", event_record, METH_O, nullptr},
    {"wait", event_wait, METH_O, nullptr},
    {"query", event_query, METH_NOARGS, nullptr},
    {"elapsed_time", event_elapsed_time, METH_O, nullptr},
    {"synchronize", event_synchronize, METH_NOARGS, nullptr},
    {"ipc_handle", unavailable_method<"torch.cuda.Event.ipc_handle", "CUDA IPC">(),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyTypeObject event_type = static_type();

}  // namespace

void add_events(PyObject* module) {
  event_type.tp_name = "torch._C._CudaEventBase";
  event_type.tp_basicsize = sizeof(THPEvent);
  event_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  event_type.tp_base = THPEventClass;
  event_type.tp_new = event_new;
  event_type.tp_dealloc = event_dealloc;
  event_type.tp_methods = event_methods;
  event_type.tp_getset = event_properties;
  add_type(module, "_CudaEventBase", &event_type);
}

}  // namespace torchdevice::bindings

/// torch._C._CudaStreamBase and the stream functions, as torch/csrc/cuda/{Stream,Module}.cpp.

#include "bindings/stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/Stream.h>
#include <torch/csrc/utils/object_ptr.h>
#include <torch/csrc/utils/pybind.h>

#include "bindings/bindings.h"
#include "bindings/device_index.h"
#include "bindings/method.h"
#include "bindings/python_type.h"
#include "device/stream.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

constexpr auto kCuda = c10::DeviceType::CUDA;

struct CudaStream : THPStream {
  c10::Stream stream;
};

c10::Stream& stream_of(PyObject* self) { return reinterpret_cast<CudaStream*>(self)->stream; }

PyObject* stream_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  int priority = 0;
  int64_t stream_id = 0;
  int64_t device_index = 0;
  int64_t device_type = 0;
  uint64_t stream_ptr = 0;
  constexpr const char* names[] = {"priority",    "stream_id",  "device_index",
                                   "device_type", "stream_ptr", nullptr};
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "|iLLLK", const_cast<char**>(names), &priority,
                                  &stream_id, &device_index, &device_type, &stream_ptr) == 0) {
    return nullptr;
  }
  TORCH_CHECK(stream_ptr == 0 || priority == 0,
              "Priority was explicitly set for a external stream");

  const auto stream =
      (stream_id || device_index || device_type)
          ? c10::Stream::unpack3(stream_id, static_cast<c10::DeviceIndex>(device_index),
                                 static_cast<c10::DeviceType>(device_type))
      : stream_ptr ? external_stream(reinterpret_cast<void*>(stream_ptr), current_device())
                   : stream_from_pool(current_device(), priority);

  THPObjectPtr object(type->tp_alloc(type, 0));
  if (!object) {
    return nullptr;
  }
  auto* self = reinterpret_cast<CudaStream*>(object.get());
  self->stream_id = stream.id();
  self->device_index = stream.device_index();
  self->device_type = static_cast<int64_t>(stream.device_type());
  new (&self->stream) c10::Stream(stream);
  return object.release();
  END_HANDLE_TH_ERRORS
}

void stream_dealloc(PyObject* self) {
  stream_of(self).~Stream();
  THPStream_dealloc_common(reinterpret_cast<THPStream*>(self));
}

PyObject* stream_handle_of(PyObject* self, void* /*closure*/) {
  HANDLE_TH_ERRORS
  return to_python(stream_handle(stream_of(self)));
  END_HANDLE_TH_ERRORS
}

PyObject* stream_priority_of(PyObject* self, void* /*closure*/) {
  HANDLE_TH_ERRORS
  return to_python(stream_priority(stream_of(self)));
  END_HANDLE_TH_ERRORS
}

PyObject* priority_range() {
  const auto [least, greatest] = stream_priority_range();
  return Py_BuildValue("(ii)", least, greatest);
}

PyObject* stream_query(PyObject* self, PyObject* /*unused*/) {
  HANDLE_TH_ERRORS
  return to_python(stream_of(self).query());
  END_HANDLE_TH_ERRORS
}

PyObject* stream_synchronize(PyObject* self, PyObject* /*unused*/) {
  HANDLE_TH_ERRORS {
    pybind11::gil_scoped_release no_gil;
    stream_of(self).synchronize();
  }
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyObject* stream_eq(PyObject* self, PyObject* other) {
  HANDLE_TH_ERRORS
  return to_python(stream_of(self) == unpack_cuda_stream(other));
  END_HANDLE_TH_ERRORS
}

PyGetSetDef stream_properties[] = {{"cuda_stream", stream_handle_of, nullptr, nullptr, nullptr},
                                   {"priority", stream_priority_of, nullptr, nullptr, nullptr},
                                   {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef stream_methods[] = {
    {"query", stream_query, METH_NOARGS, nullptr},
    {"synchronize", stream_synchronize, METH_NOARGS, nullptr},
    {"priority_range", noargs<&priority_range>, METH_STATIC | METH_NOARGS, nullptr},
    {"__eq__", stream_eq, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyTypeObject stream_type = static_type();

PyObject* pack3(const c10::Stream& stream) {
  const auto packed = stream.pack3();
  return Py_BuildValue("(LLL)", static_cast<long long>(packed.stream_id),
                       static_cast<long long>(packed.device_index),
                       static_cast<long long>(packed.device_type));
}

c10::DeviceIndex index_or_current(int64_t device) {
  return device == -1 ? current_device() : to_device_index(device);
}

PyObject* get_current_stream(int64_t device) {
  return pack3(current_stream(index_or_current(device)));
}

PyObject* get_default_stream(int64_t device) {
  return pack3(default_stream(index_or_current(device)));
}

void* get_current_raw_stream(int64_t device) {
  return stream_handle(current_stream(index_or_current(device)));
}

PyObject* get_stream_from_external(PyObject* /*self*/, PyObject* args) {
  HANDLE_TH_ERRORS
  PyObject* pointer = nullptr;
  int device = 0;
  if (PyArg_ParseTuple(args, "Oi", &pointer, &device) == 0) {
    return nullptr;
  }
  void* handle = PyLong_AsVoidPtr(pointer);
  if (handle == nullptr && PyErr_Occurred()) {
    return nullptr;
  }
  return pack3(external_stream(handle, index_or_current(device)));
  END_HANDLE_TH_ERRORS
}

PyObject* set_stream(PyObject* /*self*/, PyObject* args, PyObject* kwargs) {
  HANDLE_TH_ERRORS
  int64_t stream_id = 0;
  int64_t device_index = 0;
  int64_t device_type = 0;
  constexpr const char* names[] = {"stream_id", "device_index", "device_type", nullptr};
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "|LLL", const_cast<char**>(names), &stream_id,
                                  &device_index, &device_type) == 0) {
    return nullptr;
  }
  const auto stream = c10::Stream::unpack3(stream_id, static_cast<c10::DeviceIndex>(device_index),
                                           static_cast<c10::DeviceType>(device_type));
  TORCH_CHECK(stream.device_type() == kCuda, "expected a CUDA stream, but got one of ",
              stream.device_type());
  exchange_device(stream.device_index());
  exchange_stream(stream);
  Py_RETURN_NONE;
  END_HANDLE_TH_ERRORS
}

PyMethodDef functions[] = {
    {"_cuda_getCurrentStream", int_arg<&get_current_stream>, METH_O, nullptr},
    {"_cuda_getCurrentRawStream", int_arg<&get_current_raw_stream>, METH_O, nullptr},
    {"_cuda_getDefaultStream", int_arg<&get_default_stream>, METH_O, nullptr},
    {"_cuda_getStreamFromExternal", get_stream_from_external, METH_VARARGS, nullptr},
    {"_cuda_setStream", castPyCFunctionWithKeywords(set_stream), METH_VARARGS | METH_KEYWORDS,
     nullptr},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

c10::Stream unpack_cuda_stream(PyObject* object) {
  TORCH_CHECK_TYPE(THPStream_Check(object),
                   "expected a torch.cuda.Stream or torch.Stream, but got ",
                   Py_TYPE(object)->tp_name);
  const auto* stream = reinterpret_cast<THPStream*>(object);
  TORCH_CHECK(static_cast<c10::DeviceType>(stream->device_type) == kCuda,
              "expected a CUDA stream, but got one of ",
              static_cast<c10::DeviceType>(stream->device_type));
  return c10::Stream::unpack3(stream->stream_id,
                              static_cast<c10::DeviceIndex>(stream->device_index), kCuda);
}

void add_streams(PyObject* module) {
  stream_type.tp_name = "torch._C._CudaStreamBase";
  stream_type.tp_basicsize = sizeof(CudaStream);
  stream_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  stream_type.tp_base = THPStreamClass;
  stream_type.tp_new = stream_new;
  stream_type.tp_dealloc = stream_dealloc;
  stream_type.tp_methods = stream_methods;
  stream_type.tp_getset = stream_properties;
  add_type(module, "_CudaStreamBase", &stream_type);
  if (PyModule_AddFunctions(module, functions) < 0) {
    throw python_error();
  }
}

}  // namespace torchdevice::bindings

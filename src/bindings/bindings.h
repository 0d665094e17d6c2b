#pragma once

#include <torch/csrc/utils/pybind.h>

/// The names of a CUDA build, put on `torch._C` by one function a file. All run with the GIL held,
/// once, and throw python_error or c10::Error.
namespace torchdevice::bindings {

/// A new submodule, in the place of the one that a CUDA build has.
pybind11::module_ add_submodule(PyObject* module, const char* name);

// When torch._C is initialised, before torch.cuda is imported. `module` stands for torch._C.
void add_device_functions(PyObject* module);
void add_properties(PyObject* module);
void add_streams(PyObject* module);
void add_events(PyObject* module);
void add_memory(PyObject* module);
void add_backends(PyObject* module);
void add_cudart(PyObject* module);
void add_nvtx(PyObject* module);
void add_comm(PyObject* module);
void add_nccl(PyObject* module);
void add_unavailable(PyObject* module);

// Then, on torch._C itself.
void add_dynamo(PyObject* torch_c);
void replace_run_backward(PyObject* torch_c);
void replace_storage_methods();

// When torch is imported. `torch` is the module.
void complete_legacy_tensors(PyObject* torch);

}  // namespace torchdevice::bindings

/// `torchdevice._bindings`: what the loader (python/torchdevice/_loader.py) calls, and the report.

#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/pybind.h>

#include <string>

#include "bindings/bindings.h"
#include "device/report.h"
#include "device/settings.h"

namespace py = pybind11;

namespace torchdevice::bindings {

py::module_ add_submodule(PyObject* module, const char* name) {
  const std::string full_name = std::string(PyModule_GetName(module)) + "." + name;
  py::module_::import("sys").attr("modules").attr("pop")(full_name, py::none());
  return py::handle(module).cast<py::module_>().def_submodule(name);
}

namespace {

/// The names are made on a module of their own and then moved over: pybind11 would refuse to define
/// a class that torch._C has, and would take a function for an overload of the one there.
void install(py::module_ torch_c) {
  auto names = py::reinterpret_steal<py::module_>(PyModule_New("torch._C"));
  if (!names) {
    throw python_error();
  }
  PyObject* module = names.ptr();
  add_device_functions(module);
  add_properties(module);
  add_streams(module);
  add_events(module);
  add_memory(module);
  add_backends(module);
  add_cudart(module);
  add_nvtx(module);
  add_comm(module);
  add_nccl(module);
  add_unavailable(module);
  for (const auto [name, value] : names.attr("__dict__").cast<py::dict>()) {
    if (!name.cast<std::string>().starts_with("__")) {
      torch_c.attr(name) = value;
    }
  }
  add_dynamo(torch_c.ptr());
  replace_run_backward(torch_c.ptr());
  replace_storage_methods();
}

void complete(py::module_ torch) { complete_legacy_tensors(torch.ptr()); }

const char* host() { return settings().host == HostKind::kMps ? "mps" : "cpu"; }

}  // namespace
}  // namespace torchdevice::bindings

PYBIND11_MODULE(_bindings, module) {
  using torch::wrap_pybind_function;
  namespace bindings = torchdevice::bindings;
  namespace report = torchdevice::report;
  module.def("install", wrap_pybind_function(&bindings::install),
             "Put the names of a CUDA build on torch._C.");
  module.def("complete", wrap_pybind_function(&bindings::complete),
             "Complete the types that exist once torch is imported.");
  module.def("host", &bindings::host, "Where tensors live: cpu or mps.");
  module.def("report_text", wrap_pybind_function(&report::text));
  module.def("report_json", wrap_pybind_function(&report::json));
}

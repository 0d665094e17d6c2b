/// torch._C._nvtx, as torch/csrc/cuda/shared/nvtx.cpp: ranges are counted; no tool reads them yet.

#include <torch/csrc/utils/pybind.h>

#include <atomic>
#include <string>

#include "bindings/bindings.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

thread_local int depth = 0;
std::atomic<uint64_t> last_range{0};

/// Returns the depth of the range that starts, from 0.
int range_push(const std::string& /*message*/) { return depth++; }

/// Returns the depth of the range that ends; negative when there is none, as nvtxRangePop.
int range_pop() { return depth == 0 ? -1 : --depth; }

/// A range that may end on another thread, known by number.
uint64_t range_start(const std::string& /*message*/) { return ++last_range; }

/// A range on a device's stream: work is complete when issued, so it is one of the host's.
py::object device_range_start(const std::string& message, std::intptr_t /*stream*/) {
  return py::int_(range_start(message));
}

}  // namespace

void add_nvtx(PyObject* torch_c) {
  auto nvtx = add_submodule(torch_c, "_nvtx");
  nvtx.def("rangePushA", &range_push, py::arg("message"));
  nvtx.def("rangePop", &range_pop);
  nvtx.def("rangeStartA", &range_start, py::arg("message"));
  nvtx.def("rangeEnd", [](uint64_t) {});
  nvtx.def("markA", [](const std::string&) {}, py::arg("message"));
  nvtx.def("deviceRangeStart", &device_range_start, py::arg("message"), py::arg("stream"));
  nvtx.def(
      "deviceRangeEnd", [](const py::object&, std::intptr_t) {}, py::arg("range_handle"),
      py::arg("stream"));
}

}  // namespace torchdevice::bindings

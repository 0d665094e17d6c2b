/// torch._C._cudart, as torch/csrc/cuda/shared/cudart.cpp.

#include <torch/csrc/utils/pybind.h>

#include <cstring>
#include <utility>

#include "bindings/bindings.h"
#include "bindings/device_index.h"
#include "bindings/unavailable.h"
#include "device/allocator.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

enum class CudaStatus : int { kSuccess = 0 };

/// cudaGetErrorString: the CUDA Runtime API's descriptions of the errors a program meets.
const char* error_string(CudaStatus status) {
  constexpr std::pair<int, const char*> kTexts[] = {
      {0, "no error"},
      {1, "invalid argument"},
      {2, "out of memory"},
      {3, "initialization error"},
      {4, "driver shutting down"},
      {34, "CUDA driver is a stub library"},
      {35, "CUDA driver version is insufficient for CUDA runtime version"},
      {98, "invalid device function"},
      {100, "no CUDA-capable device is detected"},
      {101, "invalid device ordinal"},
      {209, "no kernel image is available for execution on the device"},
      {400, "invalid resource handle"},
      {600, "device not ready"},
      {700, "an illegal memory access was encountered"},
      {701, "too many resources requested for launch"},
      {710, "device-side assert triggered"},
      {719, "unspecified launch failure"},
      {801, "operation not supported"},
      {900, "operation not permitted when stream is capturing"},
      {999, "unknown error"},
  };
  for (const auto& [code, text] : kTexts) {
    if (code == static_cast<int>(status)) {
      return text;
    }
  }
  return "unrecognized error code";
}

/// The stream object of a program that makes its own: an address that nothing else has.
struct ForeignStream {
  int64_t unused = 0;
};

/// Writes the new handle at `address`, as cudaStreamCreate(cudaStream_t*).
CudaStatus stream_create(uintptr_t address) {
  auto* handle = new ForeignStream;
  std::memcpy(reinterpret_cast<void*>(address), &handle, sizeof(handle));
  return CudaStatus::kSuccess;
}

CudaStatus stream_destroy(uintptr_t handle) {
  delete reinterpret_cast<ForeignStream*>(handle);
  return CudaStatus::kSuccess;
}

/// {free, total} bytes.
std::pair<size_t, size_t> mem_get_info(int device) { return memory_info(to_device_index(device)); }

CudaStatus host_register(uintptr_t, size_t, unsigned) {
  raise_unavailable("cudaHostRegister", "pinning of existing memory");
}

CudaStatus host_unregister(uintptr_t) {
  raise_unavailable("cudaHostUnregister", "pinning of existing memory");
}

/// No profiler of NVIDIA's listens.
CudaStatus success() { return CudaStatus::kSuccess; }

}  // namespace

void add_cudart(PyObject* torch_c) {
  using torch::wrap_pybind_function;
  auto cudart = add_submodule(torch_c, "_cudart");
  py::enum_<CudaStatus>(cudart, "cudaError").value("success", CudaStatus::kSuccess);
  cudart.def("cudaGetErrorString", &error_string);
  cudart.def("cudaProfilerStart", &success);
  cudart.def("cudaProfilerStop", &success);
  cudart.def("cudaHostRegister", wrap_pybind_function(&host_register));
  cudart.def("cudaHostUnregister", wrap_pybind_function(&host_unregister));
  cudart.def("cudaStreamCreate", &stream_create);
  cudart.def("cudaStreamDestroy", &stream_destroy);
  cudart.def("cudaMemGetInfo", wrap_pybind_function(&mem_get_info));
}

}  // namespace torchdevice::bindings

/// Flags and versions of cuDNN, cuBLAS and the like. They are kept as the user sets them and steer
/// nothing: the host's kernels do the work.

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/utils/pybind.h>

#include <atomic>
#include <cstdlib>

#include "bindings/bindings.h"
#include "bindings/method.h"
#include "device/card.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

int get_benchmark_limit() { return at::globalContext().benchmarkLimitCuDNN(); }

void set_benchmark_limit(int64_t limit) {
  at::globalContext().setBenchmarkLimitCuDNN(static_cast<int>(limit));
}

std::atomic<bool> benchmark_empty_cache{false};

/// A cuBLAS workspace size in bytes: what the user set, else CUBLAS_WORKSPACE_CONFIG, else the
/// default for the card (aten/src/ATen/cuda/CublasHandlePool.cpp).
class WorkspaceSize {
 public:
  int64_t get() const {
    const int64_t chosen = chosen_;
    return chosen >= 0 ? chosen : by_environment();
  }
  void set(int64_t bytes) {
    TORCH_CHECK(bytes >= 0, "workspace size must be non-negative, but got ", bytes);
    chosen_ = bytes;
  }
  void reset() { chosen_ = -1; }

 private:
  /// ":SIZE:COUNT" pairs, SIZE in KiB.
  static int64_t by_environment() {
    constexpr int64_t kKibibyte = 1024;
    const char* text = std::getenv("CUBLAS_WORKSPACE_CONFIG");
    int64_t total = 0;
    while (text != nullptr && *text == ':') {
      char* end = nullptr;
      const int64_t size = std::strtol(text + 1, &end, 10);
      if (*end != ':') {
        break;
      }
      const int64_t count = std::strtol(end + 1, &end, 10);
      total += size * count * kKibibyte;
      text = end;
    }
    if (total > 0) {
      return total;
    }
    return card().major >= 9 ? 32 * kKibibyte * kKibibyte : (4096 * 2 + 16 * 8) * kKibibyte;
  }

  std::atomic<int64_t> chosen_{-1};
};

WorkspaceSize cublas;
WorkspaceSize cublas_lt;

/// There are no workspaces to free.
void clear_workspaces() {}

int64_t get_cublas() { return cublas.get(); }
void set_cublas(int64_t bytes) { cublas.set(bytes); }
void reset_cublas() { cublas.reset(); }
int64_t get_cublas_lt() { return cublas_lt.get(); }
void set_cublas_lt(int64_t bytes) { cublas_lt.set(bytes); }
void reset_cublas_lt() { cublas_lt.reset(); }

PyMethodDef functions[] = {
    {"_cuda_get_cudnn_benchmark_limit", noargs<&get_benchmark_limit>, METH_NOARGS, nullptr},
    {"_cuda_set_cudnn_benchmark_limit", int_arg<&set_benchmark_limit>, METH_O, nullptr},
    {"_cuda_clearCublasWorkspaces", noargs<&clear_workspaces>, METH_NOARGS, nullptr},
    {"_cuda_getCublasWorkspaceSize", noargs<&get_cublas>, METH_NOARGS, nullptr},
    {"_cuda_setCublasWorkspaceSize", int_arg<&set_cublas>, METH_O, nullptr},
    {"_cuda_resetCublasWorkspaceSize", noargs<&reset_cublas>, METH_NOARGS, nullptr},
    {"_cuda_getCublasLtWorkspaceSize", noargs<&get_cublas_lt>, METH_NOARGS, nullptr},
    {"_cuda_setCublasLtWorkspaceSize", int_arg<&set_cublas_lt>, METH_O, nullptr},
    {"_cuda_resetCublasLtWorkspaceSize", noargs<&reset_cublas_lt>, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

enum class RnnMode { kRelu, kTanh, kLstm, kGru };  // cudnnRNNMode_t

/// torch._C._cudnn, as torch/csrc/cuda/shared/cudnn.cpp.
void add_cudnn(PyObject* torch_c) {
  auto cudnn = add_submodule(torch_c, "_cudnn");
  py::enum_<RnnMode>(cudnn, "RNNMode")
      .value("rnn_relu", RnnMode::kRelu)
      .value("rnn_tanh", RnnMode::kTanh)
      .value("lstm", RnnMode::kLstm)
      .value("gru", RnnMode::kGru);
  const auto version_int = [] { return at::detail::getCUDAHooks().versionCuDNN(); };
  const auto version = [version_int] {
    const long number = version_int();
    return py::make_tuple(number / 10000, number % 10000 / 100, number % 100);
  };
  cudnn.attr("is_cuda") = true;
  cudnn.def("getVersionInt", version_int);
  cudnn.def("getRuntimeVersion", version);
  cudnn.def("getCompileVersion", version);
}

}  // namespace

void add_backends(PyObject* torch_c) {
  if (PyModule_AddFunctions(torch_c, functions) < 0) {
    throw python_error();
  }
  auto module = py::handle(torch_c).cast<py::module_>();
  module.def("_cuda_get_conv_benchmark_empty_cache", [] { return benchmark_empty_cache.load(); });
  module.def("_cudnn_set_conv_benchmark_empty_cache",
             [](bool enable) { benchmark_empty_cache = enable; });
  module.def("_cudnn_clear_dropout_state", [] {});  // the host's dropout keeps none
  module.attr("_has_cudnn") = true;
  module.attr("_has_cusparselt") = false;
  module.attr("_has_gds") = false;
  add_cudnn(torch_c);
}

}  // namespace torchdevice::bindings

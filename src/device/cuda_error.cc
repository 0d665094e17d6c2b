#include "device/cuda_error.h"

#include <c10/util/Exception.h>

#include <string>

namespace torchdevice {
namespace {

/// cudaGetErrorString, and the help that PyTorch puts after it.
std::string describe(CudaError error) {
  switch (error) {
    case CudaError::kInvalidDevice:
      return "invalid device ordinal\nGPU device may be out of range, do you have enough GPUs?";
    case CudaError::kInvalidResourceHandle:
      return "invalid resource handle\nSearch for `cudaErrorInvalidResourceHandle' in "
             "https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html for more "
             "information.";
  }
  return "unknown error";
}

}  // namespace

void throw_cuda_error(CudaError error) {
  throw c10::AcceleratorError(
      {__func__, __FILE__, static_cast<uint32_t>(__LINE__)}, static_cast<int32_t>(error),
      "CUDA error: " + describe(error) +
          "\nFor more detailed error information, run with CUDA_LOG_FILE=stderr"
          "\nDevice-side assertion tracking was not enabled by user.");
}

}  // namespace torchdevice

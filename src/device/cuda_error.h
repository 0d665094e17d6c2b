#pragma once

#include <cstdint>

namespace torchdevice {

/// The cudaError_t values that the virtual GPUs can raise (CUDA Runtime API, cudaError_t).
enum class CudaError : int32_t {
  kInvalidDevice = 101,
  kInvalidResourceHandle = 400,
};

/// Throws the c10::AcceleratorError, with code and text, that C10_CUDA_CHECK throws in a release
/// build when a CUDA call fails with `error` (c10/cuda/CUDAException.cpp, CUDAMiscFunctions.cpp).
[[noreturn]] void throw_cuda_error(CudaError error);

}  // namespace torchdevice

#pragma once

#include <ATen/OpMathType.h>
#include <ATen/core/Tensor.h>

namespace torchdevice::kernels {

/// The dtype in which a CUDA kernel computes on `dtype`: float for half and bfloat16 (CUDA kernels
/// read them into registers as float and round once, at the end), itself for the others.
inline at::ScalarType compute_type(at::ScalarType dtype) { return at::toOpMathType(dtype); }

inline at::Tensor to_compute_type(const at::Tensor& tensor) {
  return tensor.to(compute_type(tensor.scalar_type()));
}

}  // namespace torchdevice::kernels

#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

namespace torchdevice::kernels {

/// Kernels of operators that need a vendor's library: each raises what a CUDA build of PyTorch
/// raises that was built without that library. `Op` is a struct of `at::_ops`.

template <class Op, class Schema = typename Op::schema>
struct WithoutCudnn;

template <class Op, class Result, class... Args>
struct WithoutCudnn<Op, Result(Args...)> {
  static Result call(Args... /*args*/) {
    TORCH_CHECK(false, Op::name + sizeof("aten::") - 1, ": ATen not compiled with cuDNN support");
  }
};

template <class Op, class Schema = typename Op::schema>
struct WithoutMiopen;

template <class Op, class Result, class... Args>
struct WithoutMiopen<Op, Result(Args...)> {
  static Result call(Args... /*args*/) {
    TORCH_CHECK(false, Op::name + sizeof("aten::") - 1, ": ATen not compiled with MIOpen support");
  }
};

}  // namespace torchdevice::kernels

"""C++ code built by load_inline: it sees CUDA tensors, makes some, and calls operators on them."""

import torch
from torch.utils.cpp_extension import load_inline

SOURCE = """
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/pybind.h>

at::Tensor twice(const at::Tensor& x, bool on_gpu) {
  TORCH_CHECK(x.is_cuda() == on_gpu, "is_cuda() is ", x.is_cuda());
  at::Tensor y = at::empty_like(x);
  TORCH_CHECK(y.device() == x.device());
  return y.copy_(x).mul_(2);
}
"""


def run(device):
    module = load_inline(
        "torchdevice_test_extension",
        SOURCE,
        functions=["twice"],
        extra_cflags=["-O0"],
        no_implicit_headers=True,
        with_cuda=False,
    )
    x = torch.randn(3, 2).to(device)
    return module.twice(x, torch.device(device).type == "cuda")

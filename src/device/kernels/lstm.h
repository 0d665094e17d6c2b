#pragma once

#include <torch/library.h>

namespace torchdevice::kernels {

/// torch.nn.LSTM on CUDA tensors, as one oneDNN call a layer where the CPU does it that way: the
/// same results as on the CPU, and several times the speed of PyTorch's step by step path for CUDA
/// without cuDNN. The operator is a composite of differentiable operators, so the kernel belongs to
/// both the AutogradCUDA and the CUDA key.
void register_lstm(torch::Library& library);

}  // namespace torchdevice::kernels

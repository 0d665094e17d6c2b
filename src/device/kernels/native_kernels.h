#pragma once

#include <ATen/core/Tensor.h>
#include <torch/library.h>

namespace torchdevice::kernels {

/// Kernels at the CUDA key that see the CUDA tensors themselves, because they make, view, replace
/// or compare storages. One file each; all other operators are redirected.

void register_factories(torch::Library& library);
void register_views(torch::Library& library);
void register_storage_operators(torch::Library& library);

/// Registers all of the above, for the life of the process.
void register_native_kernels();

}  // namespace torchdevice::kernels

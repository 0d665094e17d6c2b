#pragma once

/// For C++ programs that use `torch::kCUDA` on a PyTorch without CUDA.
///
/// Linking libtorchdevice is all that is needed: when it is loaded it fills PyTorch's CUDA slots,
/// and `torch::cuda::is_available()` becomes true. The environment decides what is presented:
///
///   TORCHDEVICE           auto (the default here), cpu, mps, or off
///   TORCHDEVICE_COUNT     virtual GPUs, 0 to 16 (1); CUDA_VISIBLE_DEVICES chooses among them
///   TORCHDEVICE_PROFILE   the card, such as a100-40gb, rtx-4090, t4
///   TORCHDEVICE_MEMORY    its memory, such as 24GiB
///   TORCHDEVICE_REPORT    where to write the report of operators at exit: - or a path
///
/// A setting that cannot be used ends the program with one line on standard error and status 2.
namespace torchdevice {

/// Returns the number of virtual GPUs. Call it once from a program that uses no other name of this
/// library, so that the linker (`--as-needed`) keeps it.
[[gnu::visibility("default")]] int load();

}  // namespace torchdevice

#pragma once

#include <ATen/core/Tensor.h>

namespace torchdevice {

/// An alias is a host tensor over the memory of a CUDA tensor, for the time of one call: the same
/// sizes, strides, offset, dtype and flags (conjugate, negative, zero tensor, wrapped number), on
/// the host storage that the CUDA storage owns. Its TensorImpl comes from a per-thread pool; a
/// kernel that keeps a reference to it, or to its storage, keeps it out of the pool.
///
/// Any other tensor (on the CPU, or undefined) is its own alias.

at::Tensor make_alias(const at::Tensor& original);

/// Ends an alias made of `original`; `alias` becomes undefined.
void release_alias(const at::Tensor& original, at::Tensor& alias) noexcept;

/// Carries what a kernel changed of an alias's metadata or memory (resize, set) to its original.
/// Throws what PyTorch throws when the original may not be changed (`x.data.resize_()`).
void write_back(const at::Tensor& original, const at::Tensor& alias);

/// Makes a CUDA tensor of `device` from a fresh tensor that a host kernel returned: in place where
/// nobody else holds it. `storage` is the CUDA storage that owns the result's host storage already
/// (the result is a view of an argument), or null: then it gets a new one.
/// Throws c10::OutOfMemoryError when the card has no room for it.
void restamp(at::Tensor& result, c10::DeviceIndex device, const c10::Storage* storage);

}  // namespace torchdevice

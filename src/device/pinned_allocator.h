#pragma once

#include <ATen/core/CachingHostAllocator.h>

namespace torchdevice {

/// The allocator of pinned host memory: PyTorch's own caching host allocator, with its rounding,
/// cache and statistics, over ordinary memory of the host. Thread safe; lives for ever.
at::HostAllocator* pinned_allocator();

/// Whether `data` points into memory of pinned_allocator(), to its start or inside, cached blocks
/// included, as cudaPointerGetAttributes has it. Any thread.
bool is_pinned(const void* data);

}  // namespace torchdevice

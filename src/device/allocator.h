#pragma once

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/StorageImpl.h>

#include <cstddef>

namespace torchdevice {

/// The allocator of the CUDA device. Memory comes from a *host storage* (a CPU or MPS StorageImpl)
/// that the returned DataPtr owns: `host_storage()` finds it again. Bytes are counted per device,
/// rounded up to 512 as CUDA's caching allocator rounds. Thread safe.
/// allocate() serves the calling thread's current device. When the card's memory is used up it
/// throws c10::OutOfMemoryError with CUDA's text.
c10::DeviceAllocator* allocator();

/// Wraps a host storage as memory of `device`: the DataPtr shares ownership of `host`, shows its
/// address, and counts its bytes until it is released.
c10::DataPtr wrap_host_storage(c10::intrusive_ptr<c10::StorageImpl> host, c10::DeviceIndex device);

/// The host storage under a DataPtr made by this allocator; nullptr for memory that is not ours
/// (`from_blob`, copy-on-write clones, checkpoints' shared maps). The pointer lives as long as the
/// DataPtr does.
c10::StorageImpl* host_storage(const c10::DataPtr& data) noexcept;

/// Memory the card would still have, and its size, in bytes: cudaMemGetInfo.
std::pair<std::size_t, std::size_t> memory_info(c10::DeviceIndex device);

/// torch.cuda.set_per_process_memory_fraction / get_: 0 < fraction <= 1 of the card's memory.
void set_memory_fraction(double fraction, c10::DeviceIndex device);
double memory_fraction(c10::DeviceIndex device);

}  // namespace torchdevice

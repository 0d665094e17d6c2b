#pragma once

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

#include <utility>

namespace torchdevice {

/// Streams of the virtual GPUs. Work runs when it is issued, in program order, so a stream is only
/// a name: there is never anything to wait for. Stream ids are packed as in c10/cuda/CUDAStream.cpp
/// (type, pool index), so that ids and `cuda_stream` handles survive a round trip.
/// All functions may be called from any thread; the current stream is per thread and device.
/// A device of -1 is the calling thread's current device; one that does not exist raises CUDA's
/// "CUDA error: invalid device ordinal".

c10::Stream default_stream(c10::DeviceIndex device);
c10::Stream current_stream(c10::DeviceIndex device);

/// Makes `stream` current on the calling thread for its device; returns the one before.
c10::Stream exchange_stream(c10::Stream stream);

/// The next stream of the pool (32 of each priority and device, round robin). Priorities run from 0
/// (low) down to stream_priority_range().second (high); lower ones are raised to it and a positive
/// one raises c10::Error, as in c10::cuda::getStreamFromPool.
c10::Stream stream_from_pool(c10::DeviceIndex device, int priority = 0);

/// A stream that wraps a handle made elsewhere (`torch.cuda.ExternalStream`).
c10::Stream external_stream(void* handle, c10::DeviceIndex device);

/// The `cudaStream_t` to show for a stream; nullptr for the default stream, as in CUDA.
/// Throws c10::Error for an id that names no stream.
void* stream_handle(const c10::Stream& stream);

int stream_priority(const c10::Stream& stream);

/// {least, greatest} priority of the streams that PyTorch makes: {0, -3}, as
/// c10::cuda::CUDAStream::priority_range (CUDA itself has down to -5).
std::pair<int, int> stream_priority_range() noexcept;

}  // namespace torchdevice

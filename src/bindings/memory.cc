/// Memory: torch._C._cuda_memoryStats and its kin, as torch/csrc/cuda/Module.cpp.

#include <ATen/core/CachingHostAllocator.h>
#include <torch/csrc/utils/object_ptr.h>
#include <torch/csrc/utils/pybind.h>

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "bindings/bindings.h"
#include "bindings/device_index.h"
#include "bindings/method.h"
#include "device/allocator.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

using c10::CachingAllocator::Stat;
using c10::CachingAllocator::StatArray;
using c10::CachingAllocator::StatType;

py::dict to_dict(const Stat& stat) {
  py::dict dict;
  dict["current"] = stat.current;
  dict["peak"] = stat.peak;
  dict["allocated"] = stat.allocated;
  dict["freed"] = stat.freed;
  return dict;
}

py::dict to_dict(const StatArray& stats) {
  py::dict dict;
  dict["all"] = to_dict(stats[static_cast<size_t>(StatType::AGGREGATE)]);
  dict["small_pool"] = to_dict(stats[static_cast<size_t>(StatType::SMALL_POOL)]);
  dict["large_pool"] = to_dict(stats[static_cast<size_t>(StatType::LARGE_POOL)]);
  return dict;
}

py::dict memory_stats(int64_t device) {
  const auto stats = allocator()->getDeviceStats(to_device_index(device));
  py::dict by_pool;
  for (const auto& [pool, bytes] : stats.reserved_bytes_by_private_pools) {
    by_pool[py::make_tuple(pool.first, pool.second)] = to_dict(bytes);
  }
  py::dict dict;
  dict["num_alloc_retries"] = stats.num_alloc_retries;
  dict["num_ooms"] = stats.num_ooms;
  dict["max_split_size"] = stats.max_split_size;
  dict["num_sync_all_streams"] = stats.num_sync_all_streams;
  dict["num_device_alloc"] = stats.num_device_alloc;
  dict["num_device_free"] = stats.num_device_free;
  dict["num_oom_rejections"] = stats.num_oom_rejections;
  dict["allocation"] = to_dict(stats.allocation);
  dict["segment"] = to_dict(stats.segment);
  dict["active"] = to_dict(stats.active);
  dict["inactive_split"] = to_dict(stats.inactive_split);
  dict["allocated_bytes"] = to_dict(stats.allocated_bytes);
  dict["reserved_bytes"] = to_dict(stats.reserved_bytes);
  dict["reserved_bytes_by_private_pools"] = by_pool;
  dict["active_bytes"] = to_dict(stats.active_bytes);
  dict["inactive_split_bytes"] = to_dict(stats.inactive_split_bytes);
  dict["requested_bytes"] = to_dict(stats.requested_bytes);
  dict["oversize_allocations"] = to_dict(stats.oversize_allocations);
  dict["oversize_segments"] = to_dict(stats.oversize_segments);
  return dict;
}

void reset_accumulated(int64_t device) {
  allocator()->resetAccumulatedStats(to_device_index(device));
}

void reset_peak(int64_t device) { allocator()->resetPeakStats(to_device_index(device)); }

void empty_cache() { allocator()->emptyCache(); }

at::HostAllocator* host_allocator() { return at::getHostAllocator(c10::DeviceType::CUDA); }

void* host_allocator_address() { return host_allocator(); }

void empty_host_cache() { host_allocator()->empty_cache(); }

py::dict to_dict(const c10::CachingAllocator::DurationStat& stat) {
  py::dict dict;
  dict["total"] = stat.total;
  dict["max"] = stat.max;
  dict["min"] = stat.min;
  dict["count"] = stat.count;
  dict["avg"] = stat.count == 0 ? 0 : stat.total / stat.count;
  return dict;
}

py::dict host_memory_stats() {
  const auto stats = host_allocator()->get_stats();
  py::dict dict;
  dict["num_host_alloc"] = stats.num_host_alloc;
  dict["num_host_free"] = stats.num_host_free;
  dict["allocations"] = to_dict(stats.allocations);
  dict["allocated_bytes"] = to_dict(stats.allocated_bytes);
  dict["active_requests"] = to_dict(stats.active_requests);
  dict["active_bytes"] = to_dict(stats.active_bytes);
  dict["host_alloc_time"] = to_dict(stats.host_alloc_time);
  dict["host_free_time"] = to_dict(stats.host_free_time);
  return dict;
}

void reset_accumulated_host() { host_allocator()->reset_accumulated_stats(); }

void reset_peak_host() { host_allocator()->reset_peak_stats(); }

double get_fraction(int64_t device) { return memory_fraction(to_device_index(device)); }

void set_fraction(double fraction, int64_t device) {
  set_memory_fraction(fraction, to_device_index(device));
}

/// Blocks given out by torch.cuda.caching_allocator_alloc, by address.
struct RawBlocks {
  std::mutex mutex;
  std::unordered_map<void*, c10::DataPtr> blocks;
};

RawBlocks& raw_blocks() {
  static auto* blocks = new RawBlocks;  // may be asked for while the process ends
  return *blocks;
}

size_t raw_alloc(size_t size, size_t /*stream*/) {
  auto data = allocator()->allocate(size);
  void* address = data.get();
  if (address != nullptr) {
    auto& raw = raw_blocks();
    const std::lock_guard lock(raw.mutex);
    raw.blocks.emplace(address, std::move(data));
  }
  return reinterpret_cast<size_t>(address);
}

void raw_delete(size_t address) {
  if (address == 0) {
    return;
  }
  auto& raw = raw_blocks();
  const std::lock_guard lock(raw.mutex);
  TORCH_CHECK(raw.blocks.erase(reinterpret_cast<void*>(address)) == 1,
              "invalid device pointer: ", reinterpret_cast<void*>(address));
}

/// Whether freed blocks are kept for reuse. Kept as the user set it; the host's own allocator
/// decides.
std::atomic<bool> caching_enabled{true};

PyMethodDef functions[] = {
    {"_cuda_emptyCache", noargs<&empty_cache>, METH_NOARGS, nullptr},
    {"_cuda_resetAccumulatedMemoryStats", int_arg<&reset_accumulated>, METH_O, nullptr},
    {"_cuda_resetPeakMemoryStats", int_arg<&reset_peak>, METH_O, nullptr},
    {"_cuda_cudaHostAllocator", noargs<&host_allocator_address>, METH_NOARGS, nullptr},
    {"_host_emptyCache", noargs<&empty_host_cache>, METH_NOARGS, nullptr},
    {"_cuda_resetAccumulatedHostMemoryStats", noargs<&reset_accumulated_host>, METH_NOARGS,
     nullptr},
    {"_cuda_resetPeakHostMemoryStats", noargs<&reset_peak_host>, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void add_memory(PyObject* torch_c) {
  if (PyModule_AddFunctions(torch_c, functions) < 0) {
    throw python_error();
  }
  using torch::wrap_pybind_function;
  auto module = py::handle(torch_c).cast<py::module_>();
  module.def("_cuda_memoryStats", wrap_pybind_function(&memory_stats));
  module.def("_cuda_hostMemoryStats", wrap_pybind_function(&host_memory_stats));
  module.def("_cuda_getMemoryFraction", wrap_pybind_function(&get_fraction));
  module.def("_cuda_setMemoryFraction", wrap_pybind_function(&set_fraction));
  module.def("_cuda_cudaCachingAllocator_raw_alloc", wrap_pybind_function(&raw_alloc));
  module.def("_cuda_cudaCachingAllocator_raw_delete", wrap_pybind_function(&raw_delete));
  module.def("_cuda_cudaCachingAllocator_enable", [](bool enable) { caching_enabled = enable; });
  module.def("_cuda_cudaCachingAllocator_is_enabled", [] { return caching_enabled.load(); });
  module.def("_cuda_getAllocatorBackend", [] { return "native"; });
  module.def("_cuda_isHistoryEnabled", [] { return false; });
  module.def("_cuda_memoryMetadataSupported", [] { return false; });
}

}  // namespace torchdevice::bindings

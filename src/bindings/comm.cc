/// torch.cuda.comm: copies between the GPUs of one process, as torch/csrc/cuda/{comm,
/// python_comm}.cpp. Memory is the host's, so a copy is a copy; there is nothing to coalesce.

#include <ATen/WrapDimUtils.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/csrc/utils/pybind.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "bindings/bindings.h"
#include "bindings/stream.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

using Tensors = std::vector<at::Tensor>;
using Streams = std::vector<std::optional<c10::Stream>>;

c10::Device cuda(int64_t index) { return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)}; }

Tensors broadcast(const at::Tensor& tensor, const std::vector<int64_t>& devices) {
  TORCH_CHECK(!devices.empty(), "Expected at least one device to broadcast to");
  TORCH_CHECK(!tensor.is_cuda() || tensor.get_device() == devices[0],
              "device of broadcasted tensor must appear as the first on devices list");
  Tensors copies;
  for (const int64_t device : devices) {
    const bool is_source = tensor.is_cuda() && copies.empty();
    copies.push_back(is_source ? tensor
                               : tensor.to(cuda(device), tensor.scalar_type(),
                                           /*non_blocking=*/true, /*copy=*/true));
  }
  return copies;
}

Tensors broadcast_out(const at::Tensor& tensor, Tensors outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    TORCH_CHECK(outputs[i].is_cuda(),
                "Expected all output tensors to be CUDA tensors, but output "
                "tensor at index ",
                i, " has device '", outputs[i].device(), "'");
    TORCH_CHECK(outputs[i].sizes() == tensor.sizes(),
                "Expected all output tensors to have same shape as the source tensor ",
                tensor.sizes(), ", but output tensor at index ", i, " has shape ",
                outputs[i].sizes());
  }
  for (at::Tensor& output : outputs) {
    output.copy_(tensor, /*non_blocking=*/true);
  }
  return outputs;
}

/// One list a device; the first holds the tensors themselves.
std::vector<Tensors> broadcast_coalesced(const Tensors& tensors,
                                         const std::vector<int64_t>& devices,
                                         size_t /*buffer_size*/) {
  TORCH_CHECK(!devices.empty(), "Expected at least one device to broadcast to");
  for (const at::Tensor& tensor : tensors) {
    TORCH_CHECK(tensor.get_device() == devices[0],
                "All tensors must be on devices[0]: ", devices[0]);
  }
  std::vector<Tensors> outputs{tensors};
  for (size_t i = 1; i < devices.size(); ++i) {
    Tensors& copies = outputs.emplace_back();
    for (const at::Tensor& tensor : tensors) {
      const auto copy = tensor.to(cuda(devices[i]), tensor.scalar_type(), /*non_blocking=*/true,
                                  /*copy=*/true);
      copies.push_back(torch::autograd::make_variable(copy.tensor_data(), false));
    }
  }
  return outputs;
}

std::optional<Streams> unpack_streams(const std::optional<py::sequence>& objects) {
  if (!objects) {
    return std::nullopt;
  }
  Streams streams;
  for (const py::handle object : *objects) {
    streams.push_back(object.is_none() ? std::nullopt
                                       : std::optional(unpack_cuda_stream(object.ptr())));
  }
  return streams;
}

/// Streams order nothing here, but a wrong one is refused, as by a GPU build.
void check_streams(const std::optional<Streams>& streams, const std::vector<int64_t>& devices) {
  for (size_t i = 0; streams && i < std::min(streams->size(), devices.size()); ++i) {
    const auto& stream = (*streams)[i];
    TORCH_CHECK(!stream || stream->device_index() == devices[i],
                "Expected the device associated with the stream at index ", i, " (was ",
                int{stream->device_index()}, ") to match the device supplied at that index ",
                "(expected ", devices[i], ")");
  }
}

Tensors split(const at::Tensor& tensor, const std::vector<int64_t>& sizes, int64_t dim) {
  const auto total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  TORCH_CHECK(total == tensor.size(dim), "given chunk sizes don't sum up to the tensor's size ",
              "(sum(chunk_sizes) == ", total, ", but expected ", tensor.size(dim), ")");
  for (const int64_t size : sizes) {
    TORCH_CHECK(size > 0, "Chunk size must be positive");
  }
  return tensor.split_with_sizes(sizes, dim);
}

Tensors scatter(const at::Tensor& tensor, const std::vector<int64_t>& devices,
                const std::optional<std::vector<int64_t>>& chunk_sizes, int64_t dim,
                const std::optional<py::sequence>& streams) {
  TORCH_CHECK(!devices.empty(), "Expected at least one device to scatter to");
  TORCH_CHECK(!chunk_sizes || chunk_sizes->size() == devices.size(),
              "Expected devices and chunk_sizes to be of same length, but got ",
              "len(devices) = ", devices.size(),
              " and len(chunk_sizes) = ", chunk_sizes ? chunk_sizes->size() : 0);
  check_streams(unpack_streams(streams), devices);
  const py::gil_scoped_release no_gil;
  Tensors chunks = chunk_sizes ? split(tensor, *chunk_sizes, dim)
                               : tensor.chunk(static_cast<int64_t>(devices.size()), dim);
  for (size_t i = 0; i < chunks.size(); ++i) {
    chunks[i] = chunks[i].to(cuda(devices[i]), chunks[i].scalar_type(), /*non_blocking=*/true,
                             /*copy=*/false, at::MemoryFormat::Preserve);
  }
  return chunks;
}

Tensors scatter_out(const at::Tensor& tensor, Tensors outputs, int64_t dim,
                    const std::optional<py::sequence>& streams) {
  TORCH_CHECK(!outputs.empty(), "Expected at least one output tensor to scatter to");
  std::vector<int64_t> sizes;
  std::vector<int64_t> devices;
  for (size_t i = 0; i < outputs.size(); ++i) {
    TORCH_CHECK(outputs[i].is_cuda(), "Expected all output tensors to be CUDA tensors, but output ",
                "tensor at index ", i, " has device '", outputs[i].device(), "'");
    sizes.push_back(outputs[i].size(dim));
    devices.push_back(outputs[i].get_device());
  }
  check_streams(unpack_streams(streams), devices);
  const py::gil_scoped_release no_gil;
  const Tensors chunks = split(tensor, sizes, dim);
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].copy_(chunks[i], /*non_blocking=*/true);
  }
  return outputs;
}

/// Copies `tensors` side by side along `dim`.
void gather_into(const at::Tensor& output, const Tensors& tensors, int64_t dim) {
  int64_t start = 0;
  for (const at::Tensor& tensor : tensors) {
    output.narrow(dim, start, tensor.size(dim)).copy_(tensor, /*non_blocking=*/true);
    start += tensor.size(dim);
  }
}

/// The shape of `tensors` side by side. Throws unless they are CUDA tensors that fit.
std::vector<int64_t> gathered_shape(const Tensors& tensors, int64_t dim) {
  TORCH_CHECK(!tensors.empty(), "Expected at least one tensor to gather from");
  auto shape = tensors.front().sizes().vec();
  TORCH_CHECK(dim >= 0 && static_cast<size_t>(dim) < shape.size(), "Expected dim to be in [0, ",
              shape.size(), "), but got ", dim);
  int64_t total = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor& tensor = tensors[i];
    TORCH_CHECK(tensor.is_cuda(), "Expected all input tensors to be CUDA tensors, but tensor at ",
                "index ", i, " has device '", tensor.device(), "'");
    auto expected = shape;
    if (tensor.dim() == static_cast<int64_t>(shape.size())) {
      expected[dim] = tensor.size(dim);
    }
    TORCH_CHECK(tensor.sizes() == at::IntArrayRef(expected), "Input tensor at index ", i,
                " has invalid shape ", tensor.sizes(), ", but expected ",
                at::IntArrayRef(expected));
    total += tensor.size(dim);
  }
  shape[dim] = total;
  return shape;
}

/// `destination` -1 is the CPU, none the current device.
at::Tensor gather(const Tensors& tensors, int64_t dim, std::optional<int32_t> destination) {
  TORCH_CHECK(!tensors.empty(), "Expected at least one tensor to gather from");
  dim = at::maybe_wrap_dim(dim, tensors.front().dim());
  const auto shape = gathered_shape(tensors, dim);
  const bool channels_last =
      std::all_of(tensors.begin(), tensors.end(), [](const at::Tensor& tensor) {
        return tensor.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
      });
  const c10::Device device =
      destination == -1 ? c10::Device(c10::kCPU) : cuda(destination.value_or(-1));
  auto result =
      at::empty(shape, tensors.front().options().device(device),
                channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
  gather_into(result, tensors, dim);
  return result;
}

at::Tensor gather_out(const Tensors& tensors, at::Tensor output, int64_t dim) {
  TORCH_CHECK(!tensors.empty(), "Expected at least one tensor to gather from");
  dim = at::maybe_wrap_dim(dim, tensors.front().dim());
  const auto shape = gathered_shape(tensors, dim);
  TORCH_CHECK(output.sizes() == at::IntArrayRef(shape), "Expected out tensor to have shape ",
              at::IntArrayRef(shape), ", but got ", output.sizes());
  gather_into(output, tensors, dim);
  return output;
}

}  // namespace

void add_comm(PyObject* torch_c) {
  using torch::wrap_pybind_function;
  using torch::wrap_pybind_function_no_gil;
  auto module = py::handle(torch_c).cast<py::module_>();
  module.def("_broadcast", wrap_pybind_function_no_gil(&broadcast), py::arg("tensor"),
             py::arg("devices"));
  module.def("_broadcast_out", wrap_pybind_function_no_gil(&broadcast_out), py::arg("tensor"),
             py::arg("out"));
  module.def("_broadcast_coalesced", wrap_pybind_function_no_gil(&broadcast_coalesced),
             py::arg("tensors"), py::arg("devices"), py::arg("buffer_size"));
  module.def("_scatter", wrap_pybind_function(&scatter), py::arg("tensor"), py::arg("devices"),
             py::arg("chunk_sizes"), py::arg("dim"), py::arg("streams"));
  module.def("_scatter_out", wrap_pybind_function(&scatter_out), py::arg("tensor"), py::arg("out"),
             py::arg("dim"), py::arg("streams"));
  module.def("_gather", wrap_pybind_function_no_gil(&gather), py::arg("tensors"), py::arg("dim"),
             py::arg("destination_index"));
  module.def("_gather_out", wrap_pybind_function_no_gil(&gather_out), py::arg("tensors"),
             py::arg("out"), py::arg("dim"));
}

}  // namespace torchdevice::bindings

/// torch.cuda.nccl: collectives over the GPUs of one process, as torch/csrc/cuda/{nccl,
/// python_nccl}.cpp. They run on the calling thread, in order.

#include <torch/csrc/Exceptions.h>
#include <torch/csrc/utils/pybind.h>

#include <random>
#include <string>
#include <vector>

#include "bindings/bindings.h"
#include "device/settings.h"
#include "device/versions.h"

namespace py = pybind11;

namespace torchdevice::bindings {
namespace {

using Tensors = std::vector<at::Tensor>;

enum class Reduction : int { kSum = 0, kProduct = 1, kMax = 2, kMin = 3 };  // ncclRedOp_t

/// torch.cuda.nccl.version() takes it apart: major << 32 | minor << 16 | patch.
int64_t version() {
  constexpr int64_t kVersion = kNcclVersion;
  return kVersion / 10000 << 32 | kVersion % 10000 / 100 << 16 | kVersion % 100;
}

void check_inputs(const Tensors& inputs) {
  TORCH_CHECK(!inputs.empty(), "input sequence can't be empty");
  std::vector<bool> seen(kMaxDeviceCount);
  for (const at::Tensor& input : inputs) {
    TORCH_CHECK(input.is_cuda() && !input.is_sparse(), "input and output elements have to be cuda ",
                "dense Tensors");
    TORCH_CHECK(input.is_contiguous(), "Expected inputs and outputs to be contiguous");
    TORCH_CHECK(input.scalar_type() == inputs.front().scalar_type(),
                "all inputs and outputs must be of the same Tensor type");
    TORCH_CHECK(input.numel() == inputs.front().numel(),
                "all inputs must have the same number of "
                "elements");
    TORCH_CHECK(!seen[input.get_device()], "inputs must be on unique devices");
    seen[input.get_device()] = true;
  }
}

/// All inputs, element by element, on the device of the first.
at::Tensor reduced(const Tensors& inputs, int reduction) {
  at::Tensor result = inputs.front().clone();
  for (size_t i = 1; i < inputs.size(); ++i) {
    const at::Tensor other = inputs[i].to(result.device()).view_as(result);
    switch (static_cast<Reduction>(reduction)) {
      case Reduction::kSum:
        result.add_(other);
        break;
      case Reduction::kProduct:
        result.mul_(other);
        break;
      case Reduction::kMax:
        result = result.maximum(other);
        break;
      case Reduction::kMin:
        result = result.minimum(other);
        break;
      default:
        TORCH_CHECK(false, "NCCL Error 4: invalid argument: unknown reduction ", reduction);
    }
  }
  return result;
}

void reduce(const Tensors& inputs, const at::Tensor& output, size_t root, int reduction,
            const py::object&, const py::object&) {
  check_inputs(inputs);
  TORCH_CHECK(root < inputs.size(), "invalid root");
  TORCH_CHECK(output.numel() == inputs.front().numel(),
              "output must have the same number of elements as the inputs");
  output.copy_(reduced(inputs, reduction).view_as(output));
}

void all_reduce(const Tensors& inputs, const Tensors& outputs, int reduction, const py::object&,
                const py::object&) {
  check_inputs(inputs);
  TORCH_CHECK(outputs.size() == inputs.size(), "inputs and outputs sequences have to be of the ",
              "same length, but got input of length ", inputs.size(), " and output of length ",
              outputs.size());
  const at::Tensor result = reduced(inputs, reduction);
  for (const at::Tensor& output : outputs) {
    output.copy_(result.view_as(output));
  }
}

void broadcast(const Tensors& tensors, size_t root, const py::object&, const py::object&) {
  check_inputs(tensors);
  TORCH_CHECK(root < tensors.size(), "invalid root");
  for (const at::Tensor& tensor : tensors) {
    tensor.copy_(tensors[root].view_as(tensor));
  }
}

void check_same_length(const Tensors& inputs, const Tensors& outputs) {
  TORCH_CHECK(outputs.size() == inputs.size(), "inputs and outputs sequences have to be of the ",
              "same length, but got input of length ", inputs.size(), " and output of length ",
              outputs.size());
}

void all_gather(const Tensors& inputs, const Tensors& outputs, const py::object&,
                const py::object&) {
  check_inputs(inputs);
  const auto count = static_cast<int64_t>(inputs.size());
  check_same_length(inputs, outputs);
  for (const at::Tensor& output : outputs) {
    TORCH_CHECK(output.numel() == count * inputs.front().numel(), "output must be of size ",
                "len_inputs * input_size");
    const at::Tensor rows = output.view({count, -1});
    for (int64_t i = 0; i < count; ++i) {
      rows.select(0, i).copy_(inputs[i].view(-1));
    }
  }
}

void reduce_scatter(const Tensors& inputs, const Tensors& outputs, int reduction, const py::object&,
                    const py::object&) {
  check_inputs(inputs);
  const auto count = static_cast<int64_t>(inputs.size());
  check_same_length(inputs, outputs);
  const at::Tensor rows = reduced(inputs, reduction).view({count, -1});
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(outputs[i].numel() * count == inputs[i].numel(), "input must be of size ",
                "len_inputs * output_size");
    outputs[i].copy_(rows.select(0, i).view_as(outputs[i]));
  }
}

/// ncclUniqueId: 128 bytes that no other call returns.
py::bytes unique_id() {
  std::random_device random;
  std::string id(128, '\0');
  for (char& byte : id) {
    byte = static_cast<char>(random());
  }
  return id;
}

}  // namespace

void add_nccl(PyObject* torch_c) {
  using torch::wrap_pybind_function;
  auto module = py::handle(torch_c).cast<py::module_>();
  module.def("_nccl_version", &version);
  module.def("_nccl_version_suffix", [] { return py::bytes(""); });
  module.def("_nccl_unique_id", &unique_id);
  module.def("_nccl_reduce", wrap_pybind_function(&reduce));
  module.def("_nccl_all_reduce", wrap_pybind_function(&all_reduce));
  module.def("_nccl_broadcast", wrap_pybind_function(&broadcast));
  module.def("_nccl_all_gather", wrap_pybind_function(&all_gather));
  module.def("_nccl_reduce_scatter", wrap_pybind_function(&reduce_scatter));
}

}  // namespace torchdevice::bindings

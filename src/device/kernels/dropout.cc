#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>

#include <tuple>

#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"

// The dropout of the fused CUDA RNNs (aten/src/ATen/native/cuda/Dropout.cu). `p` is the probability
// of keeping an element.

namespace torchdevice::kernels {

std::tuple<at::Tensor, at::Tensor> fused_dropout(const at::Tensor& self, double p,
                                                 std::optional<at::Generator> generator) {
  const at::Tensor mask = at::empty_like(self, self.options().dtype(at::kByte));
  mask.bernoulli_(p, std::move(generator));
  return {masked_scale(self, mask, 1 / p), mask};
}

at::Tensor masked_scale(const at::Tensor& self, const at::Tensor& mask, double scale) {
  TORCH_CHECK(mask.scalar_type() == at::kByte, "mask should be torch.uint8 dtype");
  return (to_compute_type(self) * mask).mul_(scale).to(self.scalar_type());
}

}  // namespace torchdevice::kernels

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <numeric>
#include <tuple>
#include <vector>

#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {

std::tuple<at::Tensor, at::Tensor> fused_rms_norm_backward(
    const at::Tensor& grad_out, const at::Tensor& input, at::IntArrayRef normalized_shape,
    const at::Tensor& rstd, const std::optional<at::Tensor>& weight, std::array<bool, 2> mask) {
  const int64_t outer_dims = input.dim() - static_cast<int64_t>(normalized_shape.size());
  std::vector<int64_t> outer(outer_dims);
  std::vector<int64_t> inner(normalized_shape.size());
  std::iota(outer.begin(), outer.end(), 0);
  std::iota(inner.begin(), inner.end(), outer_dims);

  const bool has_weight = weight && weight->defined();
  const at::Tensor normalized = to_compute_type(input) * rstd;
  const at::Tensor grad = to_compute_type(grad_out);
  std::tuple<at::Tensor, at::Tensor> result;
  if (mask[0]) {
    const at::Tensor grad_normalized = has_weight ? grad * *weight : grad;
    const at::Tensor projection = (normalized * grad_normalized).mean(inner, /*keepdim=*/true);
    std::get<0>(result) =
        ((grad_normalized - normalized * projection) * rstd).to(input.scalar_type());
  }
  if (mask[1] && has_weight) {
    const at::Tensor products = grad * normalized;
    std::get<1>(result) =
        (outer.empty() ? products : products.sum(outer)).to(weight->scalar_type());
  }
  return result;
}

}  // namespace torchdevice::kernels

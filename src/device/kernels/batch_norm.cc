#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/var_mean.h>

#include <tuple>
#include <vector>

#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"

// The pieces of batch normalisation that torch.nn.SyncBatchNorm puts together, as
// aten/src/ATen/native/cuda/Normalization.cu. Statistics are kept in the compute type.

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

/// Every dimension but the channels'.
std::vector<int64_t> reduced_dims(const at::Tensor& input) {
  std::vector<int64_t> dims{0};
  for (int64_t dim = 2; dim < input.dim(); ++dim) {
    dims.push_back(dim);
  }
  return dims;
}

/// A vector of one value a channel, shaped to broadcast against `input`.
at::Tensor per_channel(const at::Tensor& values, const at::Tensor& input) {
  std::vector<int64_t> shape(input.dim(), 1);
  shape[1] = values.size(0);
  return values.view(shape);
}

bool is_defined(const OptionalTensor& tensor) { return tensor && tensor->defined(); }

/// Moves a running statistic towards `batch` in place.
void update_running(const OptionalTensor& running, const at::Tensor& batch, double momentum) {
  if (is_defined(running)) {
    running->copy_(to_compute_type(*running) * (1 - momentum) + batch * momentum);
  }
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> batch_norm_stats(const at::Tensor& input, double eps) {
  auto [var, mean] = at::var_mean(to_compute_type(input), reduced_dims(input), /*unbiased=*/false);
  return {mean, (var + eps).rsqrt_()};
}

at::Tensor& batch_norm_elemt_out(const at::Tensor& input, const OptionalTensor& weight,
                                 const OptionalTensor& bias, const at::Tensor& mean,
                                 const at::Tensor& invstd, double /*eps*/, at::Tensor& out) {
  at::Tensor scale = invstd;
  if (is_defined(weight)) {
    scale = scale * *weight;
  }
  at::Tensor result =
      (to_compute_type(input) - per_channel(mean, input)) * per_channel(scale, input);
  if (is_defined(bias)) {
    result.add_(per_channel(*bias, input));
  }
  return out.copy_(result);
}

at::Tensor batch_norm_elemt(const at::Tensor& input, const OptionalTensor& weight,
                            const OptionalTensor& bias, const at::Tensor& mean,
                            const at::Tensor& invstd, double eps) {
  at::Tensor out = at::empty_like(input, input.suggest_memory_format());
  return kernels::batch_norm_elemt_out(input, weight, bias, mean, invstd, eps, out);
}

std::tuple<at::Tensor, at::Tensor> batch_norm_gather_stats_with_counts(
    const at::Tensor& /*input*/, const at::Tensor& mean, const at::Tensor& invstd,
    const OptionalTensor& running_mean, const OptionalTensor& running_var, double momentum,
    double eps, const at::Tensor& counts) {
  const at::Tensor means = to_compute_type(mean);
  const at::Tensor count = counts.to(means.scalar_type()).view({-1, 1});
  const at::Tensor total = count.sum();
  const at::Tensor variances = to_compute_type(invstd).pow(-2).sub_(eps);
  const at::Tensor mean_all = (means * count).sum(0) / total;
  const at::Tensor deviations = ((variances + (means - mean_all).square()) * count).sum(0);
  update_running(running_mean, mean_all, momentum);
  update_running(running_var, deviations / (total - 1), momentum);
  return {mean_all, (deviations / total + eps).rsqrt_()};
}

std::tuple<at::Tensor, at::Tensor> batch_norm_gather_stats(
    const at::Tensor& input, const at::Tensor& mean, const at::Tensor& invstd,
    const OptionalTensor& running_mean, const OptionalTensor& running_var, double momentum,
    double eps, int64_t count) {
  const at::Tensor counts =
      at::full({mean.size(0)}, count, mean.options().dtype(compute_type(mean.scalar_type())));
  return kernels::batch_norm_gather_stats_with_counts(input, mean, invstd, running_mean,
                                                      running_var, momentum, eps, counts);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> batch_norm_backward_reduce(
    const at::Tensor& grad_out, const at::Tensor& input, const at::Tensor& mean,
    const at::Tensor& invstd, const OptionalTensor& weight, bool input_g, bool weight_g,
    bool bias_g) {
  const auto dims = reduced_dims(input);
  const at::Tensor grad = to_compute_type(grad_out);
  const at::Tensor sum_dy = grad.sum(dims);
  const at::Tensor sum_dy_xmu =
      (grad * (to_compute_type(input) - per_channel(mean, input))).sum(dims);
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> result;
  if (input_g) {
    std::get<0>(result) = sum_dy.to(mean.scalar_type());
    std::get<1>(result) = sum_dy_xmu.to(mean.scalar_type());
  }
  const auto parameter_type = is_defined(weight) ? weight->scalar_type() : mean.scalar_type();
  if (weight_g) {
    std::get<2>(result) = (sum_dy_xmu * invstd).to(parameter_type);
  }
  if (bias_g) {
    std::get<3>(result) = sum_dy.to(parameter_type, /*non_blocking=*/false, /*copy=*/true);
  }
  return result;
}

at::Tensor batch_norm_backward_elemt(const at::Tensor& grad_out, const at::Tensor& input,
                                     const at::Tensor& mean, const at::Tensor& invstd,
                                     const OptionalTensor& weight, const at::Tensor& sum_dy,
                                     const at::Tensor& sum_dy_xmu, const at::Tensor& count) {
  TORCH_CHECK(mean.scalar_type() == invstd.scalar_type(),
              "mean and invstd need to have the same data types");
  const at::Tensor total = count.sum();
  at::Tensor scale = invstd;
  if (is_defined(weight)) {
    scale = scale * *weight;
  }
  const at::Tensor projection = invstd.square() * sum_dy_xmu / total;
  const at::Tensor result =
      (to_compute_type(grad_out) - per_channel(sum_dy / total, input) -
       (to_compute_type(input) - per_channel(mean, input)) * per_channel(projection, input)) *
      per_channel(scale, input);
  return at::empty_like(input, input.suggest_memory_format()).copy_(result);
}

}  // namespace torchdevice::kernels

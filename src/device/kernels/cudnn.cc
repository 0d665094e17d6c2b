#include <ATen/core/Tensor.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/affine_grid_generator_backward.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/grid_sampler_2d_backward.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>

#include <tuple>

#include "device/kernels/host_kernels.h"

// Operators named after cuDNN that programs and scripted graphs call directly, by the host's
// kernels for the same functions. cuDNN's sampling grids always align corners.

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

constexpr int64_t kBilinear = 0;
constexpr int64_t kZeros = 0;
constexpr bool kAlignCorners = true;

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const OptionalTensor& bias,
                    c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                    c10::SymIntArrayRef dilation, c10::SymInt groups) {
  const std::vector<c10::SymInt> output_padding(stride.size(), 0);
  return at::convolution_symint(input, weight, bias, stride, padding, dilation,
                                /*transposed=*/false, output_padding, std::move(groups));
}

}  // namespace

at::Tensor cudnn_convolution(const at::Tensor& self, const at::Tensor& weight,
                             c10::SymIntArrayRef padding, c10::SymIntArrayRef stride,
                             c10::SymIntArrayRef dilation, c10::SymInt groups, bool /*benchmark*/,
                             bool /*deterministic*/, bool /*allow_tf32*/) {
  return convolve(self, weight, std::nullopt, stride, padding, dilation, std::move(groups));
}

at::Tensor& cudnn_convolution_out(const at::Tensor& self, const at::Tensor& weight,
                                  c10::SymIntArrayRef padding, c10::SymIntArrayRef stride,
                                  c10::SymIntArrayRef dilation, c10::SymInt groups,
                                  bool /*benchmark*/, bool /*deterministic*/, bool /*allow_tf32*/,
                                  at::Tensor& out) {
  return out.copy_(
      convolve(self, weight, std::nullopt, stride, padding, dilation, std::move(groups)));
}

at::Tensor cudnn_convolution_transpose(const at::Tensor& self, const at::Tensor& weight,
                                       c10::SymIntArrayRef padding,
                                       c10::SymIntArrayRef output_padding,
                                       c10::SymIntArrayRef stride, c10::SymIntArrayRef dilation,
                                       c10::SymInt groups, bool /*benchmark*/,
                                       bool /*deterministic*/, bool /*allow_tf32*/) {
  return at::convolution_symint(self, weight, std::nullopt, stride, padding, dilation,
                                /*transposed=*/true, output_padding, std::move(groups));
}

at::Tensor cudnn_convolution_relu(const at::Tensor& self, const at::Tensor& weight,
                                  const OptionalTensor& bias, c10::SymIntArrayRef stride,
                                  c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                                  c10::SymInt groups) {
  return convolve(self, weight, bias, stride, padding, dilation, std::move(groups)).relu_();
}

at::Tensor cudnn_convolution_add_relu(const at::Tensor& self, const at::Tensor& weight,
                                      const at::Tensor& z, const std::optional<at::Scalar>& alpha,
                                      const OptionalTensor& bias, c10::SymIntArrayRef stride,
                                      c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                                      c10::SymInt groups) {
  return convolve(self, weight, bias, stride, padding, dilation, std::move(groups))
      .add_(z, alpha.value_or(1))
      .relu_();
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> cudnn_batch_norm(
    const at::Tensor& input, const at::Tensor& weight, const OptionalTensor& bias,
    const OptionalTensor& running_mean, const OptionalTensor& running_var, bool training,
    double exponential_average_factor, double epsilon) {
  auto [output, save_mean, save_invstd] =
      at::native_batch_norm(input, weight, bias, running_mean, running_var, training,
                            exponential_average_factor, epsilon);
  return {output, save_mean, save_invstd, at::empty({0}, input.options().dtype(at::kByte))};
}

std::tuple<at::Tensor&, at::Tensor&, at::Tensor&, at::Tensor&> cudnn_batch_norm_out(
    const at::Tensor& input, const at::Tensor& weight, const OptionalTensor& bias,
    const OptionalTensor& running_mean, const OptionalTensor& running_var, bool training,
    double exponential_average_factor, double epsilon, at::Tensor& out0, at::Tensor& out1,
    at::Tensor& out2, at::Tensor& out3) {
  const auto [output, save_mean, save_invstd, reserve] =
      kernels::cudnn_batch_norm(input, weight, bias, running_mean, running_var, training,
                                exponential_average_factor, epsilon);
  out0.copy_(output);
  out1.resize_(save_mean.sizes()).copy_(save_mean);
  out2.resize_(save_invstd.sizes()).copy_(save_invstd);
  out3.resize_(reserve.sizes());
  return {out0, out1, out2, out3};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> cudnn_batch_norm_backward(
    const at::Tensor& input, const at::Tensor& grad_output, const at::Tensor& weight,
    const OptionalTensor& running_mean, const OptionalTensor& running_var,
    const OptionalTensor& save_mean, const OptionalTensor& save_var, double epsilon,
    const at::Tensor& /*reserve*/) {
  return at::native_batch_norm_backward(grad_output, input, weight, running_mean, running_var,
                                        save_mean, save_var, /*train=*/true, epsilon,
                                        {true, true, true});
}

at::Tensor cudnn_grid_sampler(const at::Tensor& self, const at::Tensor& grid) {
  return at::grid_sampler_2d(self, grid, kBilinear, kZeros, kAlignCorners);
}

std::tuple<at::Tensor, at::Tensor> cudnn_grid_sampler_backward(const at::Tensor& self,
                                                               const at::Tensor& grid,
                                                               const at::Tensor& grad_output) {
  return at::grid_sampler_2d_backward(grad_output, self, grid, kBilinear, kZeros, kAlignCorners,
                                      {true, true});
}

at::Tensor cudnn_affine_grid_generator(const at::Tensor& theta, int64_t N, int64_t C, int64_t H,
                                       int64_t W) {
  return at::affine_grid_generator(theta, {N, C, H, W}, kAlignCorners);
}

at::Tensor cudnn_affine_grid_generator_backward(const at::Tensor& grad, int64_t N, int64_t C,
                                                int64_t H, int64_t W) {
  return at::affine_grid_generator_backward(grad, {N, C, H, W}, kAlignCorners);
}

}  // namespace torchdevice::kernels

#include <ATen/core/Tensor.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/convolution.h>

#include <vector>

#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

/// A convolution in which every input channel has its own filters: one group a channel.
at::Tensor conv_depthwise(const at::Tensor& self, const at::Tensor& weight,
                          const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                          c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation) {
  const std::vector<c10::SymInt> output_padding(stride.size(), 0);
  return at::convolution_symint(self, weight, bias, stride, padding, dilation,
                                /*transposed=*/false, output_padding, self.sym_size(1));
}

}  // namespace

at::Tensor conv_depthwise2d(const at::Tensor& self, const at::Tensor& weight,
                            c10::SymIntArrayRef /*kernel_size*/,
                            const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                            c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation) {
  return conv_depthwise(self, weight, bias, stride, padding, dilation);
}

at::Tensor& conv_depthwise2d_out(const at::Tensor& self, const at::Tensor& weight,
                                 c10::SymIntArrayRef /*kernel_size*/,
                                 const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                                 c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                                 at::Tensor& out) {
  const at::Tensor result = conv_depthwise(self, weight, bias, stride, padding, dilation);
  at::native::resize_output(out, result.sizes());
  return out.copy_(result);
}

at::Tensor conv_depthwise3d(const at::Tensor& self, const at::Tensor& weight,
                            c10::SymIntArrayRef /*kernel_size*/,
                            const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                            c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation) {
  return conv_depthwise(self, weight, bias, stride, padding, dilation);
}

}  // namespace torchdevice::kernels

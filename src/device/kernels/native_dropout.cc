#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>

#include "device/kernels/native_kernels.h"

namespace torchdevice::kernels {
namespace {

/// native/Dropout.cpp and native/cuda/Dropout.cu. The operator has no generator argument and the
/// host's kernel would draw from the CPU's default generator; here the mask comes from the CUDA
/// one.
std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor& input, double p,
                                                  std::optional<bool> train) {
  const auto mask_options = input.options().dtype(at::kBool);
  if (input.numel() == 0) return {input, at::empty_like(input, mask_options)};
  if (!train.value_or(true)) return {input.clone(), at::ones_like(input, mask_options)};
  const double keep = 1 - p;
  auto mask = at::empty_like(input, mask_options);
  mask.bernoulli_(keep);
  auto output = input.mul(mask).mul_(keep == 0 ? 0.0 : 1 / keep);
  return {std::move(output), std::move(mask)};
}

}  // namespace

void register_dropout(torch::Library& library) {
  library.impl("native_dropout", TORCH_FN(native_dropout));
}

}  // namespace torchdevice::kernels

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace torchdevice::kernels {

/// Which implementation (at::SDPBackend) torch.nn.functional.scaled_dot_product_attention takes for
/// CUDA tensors: what `_fused_sdp_choice_stub` answers. The kernels named after CUDA's compute with
/// the CPU's own flash kernel where that applies, so that results equal the CPU's; elsewhere the
/// choice is `math`, as on the CPU. torch.nn.attention.sdpa_kernel's wishes are honoured.
/// Throws CUDA's "No available kernel" when every implementation that fits is switched off.
/// Looks at sizes and types only: the tensors may be of any device.
int64_t fused_sdp_choice(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const std::optional<at::Tensor>& attn_mask, double dropout_p,
                         bool is_causal, std::optional<double> scale, bool enable_gqa);

/// Makes fused_sdp_choice the CUDA kernel of `_fused_sdp_choice_stub`.
void install_sdp_choice();

}  // namespace torchdevice::kernels

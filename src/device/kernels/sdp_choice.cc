#include "device/kernels/sdp_choice.h"

#include <ATen/Context.h>
#include <ATen/native/transformers/attention.h>
#include <ATen/native/transformers/sdp_utils_cpp.h>

#include <array>

namespace torchdevice::kernels {
namespace {

using sdp::sdp_params;
using sdp::SDPBackend;

using Check = bool (*)(const sdp_params&, bool debug);

template <std::size_t N>
bool all(const std::array<Check, N>& checks, const sdp_params& params, bool debug) {
  for (const Check check : checks) {
    if (!check(params, debug)) {
      return false;
    }
  }
  return true;
}

bool has_one_size(const sdp_params& params) {
  return params.query.sym_size(-1) == params.key.sym_size(-1) &&
         params.query.sym_size(-1) == params.value.sym_size(-1);
}

bool check_one_size(const sdp_params& params, bool debug) {
  if (!has_one_size(params) && debug) {
    TORCH_WARN("Flash attention requires q,k,v to have the same last dimension. Got ",
               params.query.sym_size(-1), ", ", params.key.sym_size(-1), " and ",
               params.value.sym_size(-1), " instead.");
  }
  return has_one_size(params);
}

bool check_low_precision(const sdp_params& params, bool debug) {
  constexpr std::array<at::ScalarType, 2> kDtypes{at::kHalf, at::kBFloat16};
  return sdp::check_tensor_dtype(params, kDtypes, debug);
}

bool check_floating(const sdp_params& params, bool debug) {
  constexpr std::array<at::ScalarType, 4> kDtypes{at::kFloat, at::kHalf, at::kBFloat16,
                                                  at::kDouble};
  return sdp::check_tensor_dtype(params, kDtypes, debug);
}

/// FlashAttention aligns a causal mask to the lower right, this API to the upper left.
bool check_square_if_causal(const sdp_params& params, bool debug) {
  const bool square = params.query.sym_size(-2) == params.key.sym_size(-2);
  if (params.is_causal && !square && debug) {
    TORCH_WARN("Flash attention does not support the is_causal flag when seqlen_q != seqlen_k. ",
               "Got seqlen_q: ", params.query.sym_size(-2), " seqlen_k: ", params.key.sym_size(-2));
  }
  return !params.is_causal || square;
}

/// Flash attention pads other sizes of the last dimension, which costs copies: efficient attention
/// serves these.
bool is_unpadded(const sdp_params& params) { return params.query.sym_size(-1) % 8 == 0; }

bool check_cudnn_enabled(const sdp_params& /*params*/, bool debug) {
  const bool enabled = at::globalContext().userEnabledCuDNNSDP();
  if (!enabled && debug) {
    TORCH_WARN("cuDNN attention has been runtime disabled.");
  }
  return enabled;
}

bool can_use_flash(const sdp_params& params, bool debug) {
  constexpr std::array<Check, 9> kChecks{
      sdp::check_runtime_disabled_flash,
      sdp::check_nested_tensor,
      sdp::check_tensor_shapes,
      sdp::check_for_attn_mask,
      sdp::check_batch_size_and_num_heads_dense</*supports_gqa=*/true>,
      check_one_size,
      check_square_if_causal,
      sdp::check_nonzero_sequence_lengths_dense,
      check_low_precision,
  };
  return all(kChecks, params, debug);
}

bool can_use_efficient(const sdp_params& params, bool debug) {
  constexpr std::array<Check, 6> kChecks{
      sdp::check_runtime_disabled_mem_efficient,
      sdp::check_nested_tensor,
      sdp::check_tensor_shapes,
      sdp::check_batch_size_and_num_heads_dense</*supports_gqa=*/true>,
      sdp::check_nonzero_sequence_lengths_dense,
      check_floating,
  };
  return all(kChecks, params, debug);
}

bool can_use_cudnn(const sdp_params& params, bool debug) {
  constexpr std::array<Check, 6> kChecks{
      check_cudnn_enabled,
      sdp::check_nested_tensor,
      sdp::check_tensor_shapes,
      sdp::check_batch_size_and_num_heads_dense</*supports_gqa=*/true>,
      sdp::check_nonzero_sequence_lengths_dense,
      check_low_precision,
  };
  return all(kChecks, params, debug) && !(params.attn_mask && params.attn_mask->requires_grad());
}

/// What the CPU asks before it takes its own flash kernel
/// (aten/src/ATen/native/transformers/sdp_utils_cpp.cpp, use_flash_attention_cpp).
bool has_host_kernel(const sdp_params& params) {
  constexpr std::array<Check, 8> kChecks{
      sdp::check_nested_tensor,
      sdp::check_for_dropout,
      sdp::check_tensor_shapes,
      sdp::check_batch_size_and_num_heads_dense</*supports_gqa=*/true>,
      sdp::check_attn_mask_shape,
      check_one_size,
      sdp::check_nonzero_sequence_lengths_dense,
      check_floating,
  };
  return all(kChecks, params, /*debug=*/false) && params.query.sym_stride(-1) == 1 &&
         params.key.sym_stride(-1) == 1 && params.value.sym_stride(-1) == 1;
}

}  // namespace

int64_t fused_sdp_choice(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const std::optional<at::Tensor>& attn_mask, double dropout_p,
                         bool is_causal, std::optional<double> /*scale*/, bool enable_gqa) {
  const sdp_params params{query, key, value, attn_mask, dropout_p, is_causal, enable_gqa};
  auto& context = at::globalContext();
  const bool math_enabled = context.userEnabledMathSDP();
  const bool fused_is_best = has_host_kernel(params);
  const auto takes = [&](SDPBackend backend) {
    const bool wanted = fused_is_best || !math_enabled;
    switch (backend) {
      case SDPBackend::flash_attention:
        return wanted && (is_unpadded(params) || !context.userEnabledMemEfficientSDP()) &&
               can_use_flash(params, /*debug=*/false);
      case SDPBackend::efficient_attention:
        return wanted && can_use_efficient(params, /*debug=*/false);
      case SDPBackend::cudnn_attention:
        return wanted && can_use_cudnn(params, /*debug=*/false);
      case SDPBackend::math:
        return math_enabled;
      default:
        return false;
    }
  };
  for (const SDPBackend backend : context.sDPPriorityOrder()) {
    if (takes(backend)) {
      return static_cast<int64_t>(backend);
    }
  }
  TORCH_WARN("Memory efficient kernel not used because:");
  can_use_efficient(params, /*debug=*/true);
  TORCH_WARN("Flash attention kernel not used because:");
  can_use_flash(params, /*debug=*/true);
  TORCH_WARN("cuDNN attention kernel not used because:");
  can_use_cudnn(params, /*debug=*/true);
  TORCH_CHECK(false, "No available kernel. Aborting execution.");
}

void install_sdp_choice() {
  at::native::_fused_sdp_choice_stub.set_cuda_dispatch_ptr(&fused_sdp_choice);
}

}  // namespace torchdevice::kernels

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <tuple>

#include "device/kernels/attention_core.h"
#include "device/kernels/host_kernels.h"

// The interface of cuDNN's attention (aten/src/ATen/native/transformers/cuda/attention.cu):
// tensors are [batch, heads, length, size]; results lie in memory as the queries do.

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

Attention make_attention(const at::Tensor& query, const at::Tensor& bias, double dropout_p,
                         PhiloxState seed, const at::Tensor& key, bool is_causal,
                         std::optional<double> scale) {
  Attention attention{.scale = attention_scale(query, scale), .bias = bias};
  if (is_causal) {
    attention.above = 0;
  }
  attention.keep = dropout_factors(score_shape(query, key), dropout_p, seed);
  return attention;
}

}  // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
scaled_dot_product_cudnn_attention(const at::Tensor& query, const at::Tensor& key,
                                   const at::Tensor& value, const OptionalTensor& attn_bias,
                                   bool /*compute_log_sumexp*/, double dropout_p, bool is_causal,
                                   bool return_debug_mask, std::optional<double> scale) {
  TORCH_CHECK_NOT_IMPLEMENTED(
      !return_debug_mask,
      "_scaled_dot_product_cudnn_attention: return_debug_mask is not implemented");
  const PhiloxState seed = dropout_p > 0 ? next_dropout_seed() : PhiloxState{};
  const AttentionOutput result = attend(query, key, value,
                                        make_attention(query, attn_bias.value_or(at::Tensor()),
                                                       dropout_p, seed, key, is_causal, scale));
  const at::Tensor out =
      query.size(3) == value.size(3) ? in_layout_of(query, result.out) : heads_last(result.out);
  return {out,
          result.logsumexp.unsqueeze(-1),
          {},
          {},
          query.size(2),
          key.size(2),
          make_word(seed.seed),
          make_word(seed.offset),
          {}};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_cudnn_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& philox_seed, const at::Tensor& philox_offset, const at::Tensor& attn_bias,
    const at::Tensor& /*cum_seq_q*/, const at::Tensor& /*cum_seq_k*/, c10::SymInt /*max_q*/,
    c10::SymInt /*max_k*/, double dropout_p, bool is_causal, std::optional<double> scale) {
  if (!grad_out.defined()) {
    return {};
  }
  PhiloxState seed;
  if (dropout_p > 0) {
    seed = {read_word(philox_seed), read_word(philox_offset)};
  }
  const AttentionGradients grads =
      attend_backward(grad_out, query, key, value, {out, logsumexp.squeeze(-1)},
                      make_attention(query, attn_bias, dropout_p, seed, key, is_causal, scale),
                      /*bias_gradient=*/false);
  return {in_layout_of(query, grads.query), in_layout_of(key, grads.key),
          in_layout_of(value, grads.value)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
cudnn_attention_forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const OptionalTensor& attn_bias, const OptionalTensor& cum_seq_q,
                        const OptionalTensor& cum_seq_k, c10::SymInt /*max_q*/,
                        c10::SymInt /*max_k*/, bool compute_log_sumexp, double dropout_p,
                        bool is_causal, bool return_debug_mask, std::optional<double> scale) {
  TORCH_CHECK_NOT_IMPLEMENTED(!cum_seq_q && !cum_seq_k,
                              "_cudnn_attention_forward: cum_seq is not implemented");
  return scaled_dot_product_cudnn_attention(query, key, value, attn_bias, compute_log_sumexp,
                                            dropout_p, is_causal, return_debug_mask, scale);
}

}  // namespace torchdevice::kernels

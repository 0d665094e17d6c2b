#include <ATen/core/Tensor.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <tuple>

#include "device/kernels/attention_core.h"
#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"
#include "device/kernels/packed_sequences.h"

// The interface of CUDA's memory-efficient attention
// (aten/src/ATen/native/transformers/cuda/attention.cu): tensors are [batch, length, heads, size];
// with `cu_seqlens` the batch is 1 and sequences lie one behind the other.

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using OptionalSymInt = std::optional<c10::SymInt>;

/// sdp::CustomMaskType
enum MaskType : int64_t { kNoMask = 0, kCausalTopLeft = 1, kCausalBottomRight = 2 };

/// `query` is [batch, heads, L, E], `key` [batch, heads, S, E].
Attention make_attention(const at::Tensor& query, const at::Tensor& key, double scale,
                         int64_t mask_type, const at::Tensor& bias, at::Tensor keep) {
  Attention attention{.scale = scale, .bias = bias, .keep = std::move(keep)};
  if (mask_type == kCausalTopLeft) {
    attention.above = 0;
  } else if (mask_type == kCausalBottomRight) {
    attention.above = key.size(2) - query.size(2);
  } else {
    TORCH_CHECK(mask_type == kNoMask, "invalid value for `custom_mask_type`");
  }
  return attention;
}

/// The kernel keeps a logsumexp for a whole number of 32 queries.
int64_t padded(int64_t queries) { return (queries + 31) / 32 * 32; }

PhiloxState read_seed(const at::Tensor& seed, const at::Tensor& offset) {
  return {read_word(seed), read_word(offset)};
}

const at::Tensor& value_of(const OptionalTensor& tensor) {
  static const at::Tensor undefined;
  return tensor ? *tensor : undefined;
}

void check_packed(const at::Tensor& bias) {
  TORCH_CHECK_NOT_IMPLEMENTED(
      !bias.defined(), "_efficient_attention_forward: bias with cu_seqlens is not implemented");
}

void check_window(std::optional<int64_t> window_size) {
  TORCH_CHECK_NOT_IMPLEMENTED(!window_size || *window_size == 0,
                              "_efficient_attention_forward: window_size is not implemented");
}

/// `query`, `key` and `value` are [batch, heads, length, size]; so are the results.
AttentionOutput forward_dense(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, const Attention& attention,
                              bool compute_log_sumexp) {
  const AttentionOutput whole = attend(query, key, value, attention);
  const int64_t queries = query.size(2);
  return {heads_last(whole.out),
          compute_log_sumexp ? at::constant_pad_nd(whole.logsumexp, {0, padded(queries) - queries})
                             : whole.logsumexp.new_empty({query.size(0), query.size(1), 0})};
}

AttentionGradients backward_dense(const at::Tensor& grad_out, const at::Tensor& query,
                                  const at::Tensor& key, const at::Tensor& value,
                                  const at::Tensor& out, const at::Tensor& logsumexp,
                                  const Attention& attention, bool bias_gradient) {
  const AttentionGradients grads =
      attend_backward(grad_out, query, key, value, {out, logsumexp.narrow(2, 0, query.size(2))},
                      attention, attention.bias.defined() && bias_gradient);
  return {heads_last(grads.query), heads_last(grads.key), heads_last(grads.value), grads.bias};
}

/// How a packed batch is computed.
struct PackedOptions {
  double scale;
  int64_t mask_type;
  at::Tensor keep;
};

/// `query`, `key` and `value` are [total length, heads, size]; so is the result.
AttentionOutput forward_packed(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, const PackedSequences& packed,
                               const PackedOptions& options, int64_t logsumexp_length) {
  AttentionOutput result{at::empty({query.size(0), query.size(1), value.size(2)}, query.options()),
                         at::zeros({packed.count(), query.size(1), logsumexp_length},
                                   query.options().dtype(compute_type(query.scalar_type())))};
  for (int64_t i = 0; i < packed.count(); ++i) {
    const at::Tensor q = packed.queries(query, i);
    const at::Tensor k = packed.keys(key, i);
    const AttentionOutput part =
        attend(q, k, packed.keys(value, i),
               make_attention(q, k, options.scale, options.mask_type, /*bias=*/{},
                              packed.factors(options.keep, i)));
    packed.queries(result.out, i).copy_(part.out);
    if (logsumexp_length > 0) {
      result.logsumexp.narrow(0, i, 1).narrow(2, 0, packed.query_length(i)).copy_(part.logsumexp);
    }
  }
  return result;
}

AttentionGradients backward_packed(const at::Tensor& grad_out, const at::Tensor& query,
                                   const at::Tensor& key, const at::Tensor& value,
                                   const AttentionOutput& forward, const PackedSequences& packed,
                                   const PackedOptions& options) {
  AttentionGradients result{at::empty_like(query), at::empty_like(key), at::empty_like(value), {}};
  for (int64_t i = 0; i < packed.count(); ++i) {
    const at::Tensor q = packed.queries(query, i);
    const at::Tensor k = packed.keys(key, i);
    const AttentionGradients grads =
        attend_backward(packed.queries(grad_out, i), q, k, packed.keys(value, i),
                        {packed.queries(forward.out, i),
                         forward.logsumexp.narrow(0, i, 1).narrow(2, 0, packed.query_length(i))},
                        make_attention(q, k, options.scale, options.mask_type, /*bias=*/{},
                                       packed.factors(options.keep, i)),
                        /*bias_gradient=*/false);
    packed.queries(result.query, i).copy_(grads.query);
    packed.keys(result.key, i).copy_(grads.key);
    packed.keys(result.value, i).copy_(grads.value);
  }
  return result;
}

}  // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt>
efficient_attention_forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const OptionalTensor& bias_opt, const OptionalTensor& cu_seqlens_q,
                            const OptionalTensor& cu_seqlens_k, OptionalSymInt max_seqlen_q,
                            OptionalSymInt max_seqlen_k, double dropout_p, int64_t custom_mask_type,
                            bool compute_log_sumexp, std::optional<double> scale_opt,
                            const OptionalTensor& seqlen_k, std::optional<int64_t> window_size) {
  check_window(window_size);
  TORCH_CHECK_NOT_IMPLEMENTED(!seqlen_k,
                              "_efficient_attention_forward: seqlen_k is not implemented");
  const at::Tensor& bias = value_of(bias_opt);
  const double scale = attention_scale(query, scale_opt);
  const PhiloxState seed = dropout_p > 0 ? next_dropout_seed() : PhiloxState{};
  const int64_t max_q = max_seqlen_q ? max_seqlen_q->expect_int() : query.size(1);
  const int64_t max_k = max_seqlen_k ? max_seqlen_k->expect_int() : key.size(1);
  AttentionOutput result;
  if (cu_seqlens_q) {
    TORCH_CHECK(query.size(0) == 1, "cu_seqlen only supports batch_size=1");
    TORCH_CHECK(max_seqlen_q.has_value());
    check_packed(bias);
    const PackedSequences packed(*cu_seqlens_q, *cu_seqlens_k);
    result = forward_packed(
        query[0], key[0], value[0], packed,
        {scale, custom_mask_type, packed.dropout(query.size(2), max_q, max_k, dropout_p, seed)},
        compute_log_sumexp ? padded(max_q) : 0);
    result.out = result.out.unsqueeze(0);
  } else {
    const at::Tensor q = swap_heads(query);
    const at::Tensor k = swap_heads(key);
    result = forward_dense(q, k, swap_heads(value),
                           make_attention(q, k, scale, custom_mask_type, bias,
                                          dropout_factors(score_shape(q, k), dropout_p, seed)),
                           compute_log_sumexp);
    result.out = swap_heads(result.out);
  }
  return {result.out, result.logsumexp, make_word(seed.seed), make_word(seed.offset), max_q, max_k};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> efficient_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const OptionalTensor& bias_opt, const at::Tensor& out,
    const OptionalTensor& cu_seqlens_q, const OptionalTensor& cu_seqlens_k,
    c10::SymInt max_seqlen_q, c10::SymInt max_seqlen_k, const at::Tensor& logsumexp,
    double dropout_p, const at::Tensor& philox_seed, const at::Tensor& philox_offset,
    int64_t custom_mask_type, bool bias_requires_grad, std::optional<double> scale_opt,
    std::optional<int64_t> /*num_splits_key*/, std::optional<int64_t> window_size,
    bool /*shared_storage_dqdkdv*/) {
  check_window(window_size);
  if (!grad_out.defined()) {
    return {};
  }
  const at::Tensor& bias = value_of(bias_opt);
  const double scale = attention_scale(query, scale_opt);
  const PhiloxState seed = dropout_p > 0 ? read_seed(philox_seed, philox_offset) : PhiloxState{};
  if (!cu_seqlens_q || !cu_seqlens_q->defined()) {
    const at::Tensor q = swap_heads(query);
    const at::Tensor k = swap_heads(key);
    const AttentionGradients grads =
        backward_dense(swap_heads(grad_out), q, k, swap_heads(value), swap_heads(out), logsumexp,
                       make_attention(q, k, scale, custom_mask_type, bias,
                                      dropout_factors(score_shape(q, k), dropout_p, seed)),
                       bias_requires_grad);
    return {swap_heads(grads.query), swap_heads(grads.key), swap_heads(grads.value), grads.bias};
  }
  check_packed(bias);
  const PackedSequences packed(*cu_seqlens_q, *cu_seqlens_k);
  const AttentionGradients grads =
      backward_packed(grad_out[0], query[0], key[0], value[0], {out[0], logsumexp}, packed,
                      {scale, custom_mask_type,
                       packed.dropout(query.size(2), max_seqlen_q.expect_int(),
                                      max_seqlen_k.expect_int(), dropout_p, seed)});
  return {grads.query.unsqueeze(0), grads.key.unsqueeze(0), grads.value.unsqueeze(0), {}};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_efficient_attention(
    const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const OptionalTensor& attn_bias, bool compute_log_sumexp, double dropout_p, bool is_causal,
    std::optional<double> scale) {
  const PhiloxState seed = dropout_p > 0 ? next_dropout_seed() : PhiloxState{};
  const AttentionOutput result =
      forward_dense(query, key, value,
                    make_attention(query, key, attention_scale(query, scale),
                                   is_causal ? kCausalTopLeft : kNoMask, value_of(attn_bias),
                                   dropout_factors(score_shape(query, key), dropout_p, seed)),
                    compute_log_sumexp);
  return {result.out, result.logsumexp, make_word(seed.seed), make_word(seed.offset)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>
scaled_dot_product_efficient_attention_backward(const at::Tensor& grad_out, const at::Tensor& query,
                                                const at::Tensor& key, const at::Tensor& value,
                                                const at::Tensor& attn_bias, const at::Tensor& out,
                                                const at::Tensor& logsumexp,
                                                const at::Tensor& philox_seed,
                                                const at::Tensor& philox_offset, double dropout_p,
                                                std::array<bool, 4> grad_input_mask, bool is_causal,
                                                std::optional<double> scale) {
  if (!grad_out.defined()) {
    return {};
  }
  const PhiloxState seed = dropout_p > 0 ? read_seed(philox_seed, philox_offset) : PhiloxState{};
  const AttentionGradients grads =
      backward_dense(grad_out, query, key, value, out, logsumexp,
                     make_attention(query, key, attention_scale(query, scale),
                                    is_causal ? kCausalTopLeft : kNoMask, attn_bias,
                                    dropout_factors(score_shape(query, key), dropout_p, seed)),
                     grad_input_mask[3]);
  return {grads.query, grads.key, grads.value, grads.bias};
}

at::Tensor& fill_mem_eff_dropout_mask(at::Tensor& self, double /*dropout_p*/, int64_t seed,
                                      int64_t offset) {
  return self.copy_(
      dropout_numbers(self.sizes(), {static_cast<uint64_t>(seed), static_cast<uint64_t>(offset)}));
}

}  // namespace torchdevice::kernels

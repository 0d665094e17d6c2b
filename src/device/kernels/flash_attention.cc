#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>

#include <tuple>

#include "device/kernels/attention_core.h"
#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"
#include "device/kernels/packed_sequences.h"

// FlashAttention-2's interface (aten/src/ATen/native/transformers/cuda/attention.cu): tensors are
// [batch, length, heads, size]; or [total length, heads, size], where the sequences of a batch lie
// one behind the other and `cum_seq` holds their ends. A causal mask is aligned to the lower right.

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using OptionalSymInt = std::optional<c10::SymInt>;

struct Options {
  double scale;
  bool is_causal;
  std::optional<int64_t> window_left;
  std::optional<int64_t> window_right;
};

Options make_options(const at::Tensor& query, std::optional<double> scale, bool is_causal,
                     const OptionalSymInt& window_left, const OptionalSymInt& window_right) {
  const auto bounded = [](const OptionalSymInt& width) -> std::optional<int64_t> {
    return width && *width >= 0 ? std::optional(width->expect_int()) : std::nullopt;
  };
  return {attention_scale(query, scale), is_causal, bounded(window_left), bounded(window_right)};
}

/// One sequence's attention: `query` is [batch, heads, L, E], `key` [batch, heads, S, E].
Attention for_lengths(const Options& options, const at::Tensor& query, const at::Tensor& key,
                      at::Tensor keep) {
  const int64_t lower_right = key.size(2) - query.size(2);
  Attention attention{.scale = options.scale, .keep = std::move(keep)};
  if (options.is_causal) {
    attention.above = lower_right;
  } else if (options.window_right) {
    attention.above = lower_right + *options.window_right;
  }
  if (options.window_left) {
    attention.below = *options.window_left - lower_right;
  }
  return attention;
}

at::Tensor make_rng_state(PhiloxState seed) {
  const at::Tensor state = at::empty({2}, at::kUInt64);
  auto* words = state.mutable_data_ptr<uint64_t>();
  words[0] = seed.seed;
  words[1] = seed.offset;
  return state;
}

PhiloxState read_rng_state(const at::Tensor& state) {
  const at::Tensor host = state.cpu();
  const auto* words = host.const_data_ptr<uint64_t>();
  return {words[0], words[1]};
}

at::Tensor make_unused() {
  const at::Tensor unused = at::empty({}, at::kUInt64);
  *unused.mutable_data_ptr<uint64_t>() = 0;
  return unused;
}

void check_supported(bool return_debug_mask, const OptionalTensor& seqused_k,
                     const OptionalTensor& alibi_slopes, const OptionalTensor& block_table) {
  TORCH_CHECK_NOT_IMPLEMENTED(!return_debug_mask,
                              "_flash_attention_forward: return_debug_mask is not implemented");
  TORCH_CHECK_NOT_IMPLEMENTED(!seqused_k && !alibi_slopes && !block_table,
                              "_flash_attention_forward: seqused_k, alibi_slopes and block_table "
                              "are not implemented");
}

/// `query`, `key` and `value` are [batch, heads, length, size]; so are the results.
AttentionOutput forward_dense(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, const Options& options, double dropout_p,
                              PhiloxState seed) {
  AttentionOutput result = attend(
      query, key, value,
      for_lengths(options, query, key, dropout_factors(score_shape(query, key), dropout_p, seed)));
  result.out = in_layout_of(query, result.out);
  return result;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward_dense(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const AttentionOutput& forward, const Options& options,
    double dropout_p, PhiloxState seed) {
  const AttentionGradients grads = attend_backward(
      grad_out, query, key, value, forward,
      for_lengths(options, query, key, dropout_factors(score_shape(query, key), dropout_p, seed)),
      /*bias_gradient=*/false);
  return {in_layout_of(query, grads.query), in_layout_of(key, grads.key),
          in_layout_of(value, grads.value)};
}

/// `query`, `key` and `value` are [total length, heads, size]; so are the results.
AttentionOutput forward_packed(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, const PackedSequences& packed,
                               const Options& options, const at::Tensor& keep) {
  AttentionOutput result{at::empty_like(query),
                         at::empty({query.size(1), query.size(0)},
                                   query.options().dtype(compute_type(query.scalar_type())))};
  for (int64_t i = 0; i < packed.count(); ++i) {
    const at::Tensor q = packed.queries(query, i);
    const at::Tensor k = packed.keys(key, i);
    const AttentionOutput part =
        attend(q, k, packed.keys(value, i), for_lengths(options, q, k, packed.factors(keep, i)));
    packed.queries(result.out, i).copy_(part.out);
    packed.rows(result.logsumexp, i).copy_(part.logsumexp);
  }
  return result;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> backward_packed(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const AttentionOutput& forward, const PackedSequences& packed,
    const Options& options, const at::Tensor& keep) {
  const at::Tensor grad_query = at::empty_like(query);
  const at::Tensor grad_key = at::empty_like(key);
  const at::Tensor grad_value = at::empty_like(value);
  for (int64_t i = 0; i < packed.count(); ++i) {
    const at::Tensor q = packed.queries(query, i);
    const at::Tensor k = packed.keys(key, i);
    const AttentionGradients grads = attend_backward(
        packed.queries(grad_out, i), q, k, packed.keys(value, i),
        {packed.queries(forward.out, i), packed.rows(forward.logsumexp, i)},
        for_lengths(options, q, k, packed.factors(keep, i)), /*bias_gradient=*/false);
    packed.queries(grad_query, i).copy_(grads.query);
    packed.keys(grad_key, i).copy_(grads.key);
    packed.keys(grad_value, i).copy_(grads.value);
  }
  return {grad_query, grad_key, grad_value};
}

}  // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> flash_attention_forward(
    const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const OptionalTensor& cum_seq_q, const OptionalTensor& cum_seq_k, c10::SymInt max_q,
    c10::SymInt max_k, double dropout_p, bool is_causal, bool return_debug_mask,
    std::optional<double> scale, OptionalSymInt window_size_left, OptionalSymInt window_size_right,
    const OptionalTensor& seqused_k, const OptionalTensor& alibi_slopes,
    const OptionalTensor& block_table, std::optional<int64_t> /*num_splits*/) {
  check_supported(return_debug_mask, seqused_k, alibi_slopes, block_table);
  const Options options =
      make_options(query, scale, is_causal, window_size_left, window_size_right);
  const PhiloxState seed = dropout_p > 0 ? next_dropout_seed() : PhiloxState{};
  AttentionOutput result;
  if (cum_seq_q) {
    const PackedSequences packed(*cum_seq_q, *cum_seq_k);
    result = forward_packed(
        query, key, value, packed, options,
        packed.dropout(query.size(1), max_q.expect_int(), max_k.expect_int(), dropout_p, seed));
  } else {
    result = forward_dense(swap_heads(query), swap_heads(key), swap_heads(value), options,
                           dropout_p, seed);
    result.out = swap_heads(result.out);
  }
  return {result.out, result.logsumexp, make_rng_state(seed), make_unused(),
          at::empty({0}, query.options())};
}

at::Tensor flash_attention_forward_no_dropout_inplace(
    at::Tensor& out, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const OptionalTensor& cum_seq_q, const OptionalTensor& cum_seq_k, c10::SymInt max_q,
    c10::SymInt max_k, double /*dropout_p*/, bool is_causal, bool return_debug_mask,
    std::optional<double> scale, OptionalSymInt window_size_left, OptionalSymInt window_size_right,
    const OptionalTensor& seqused_k, const OptionalTensor& alibi_slopes,
    const OptionalTensor& block_table, std::optional<int64_t> num_splits) {
  const auto forward = flash_attention_forward(
      query, key, value, cum_seq_q, cum_seq_k, std::move(max_q), std::move(max_k),
      /*dropout_p=*/0, is_causal, return_debug_mask, scale, std::move(window_size_left),
      std::move(window_size_right), seqused_k, alibi_slopes, block_table, num_splits);
  out.copy_(std::get<0>(forward));
  return std::get<1>(forward);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> flash_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k, c10::SymInt max_q, c10::SymInt max_k,
    double dropout_p, bool is_causal, const at::Tensor& rng_state, const at::Tensor& /*unused*/,
    std::optional<double> scale, OptionalSymInt window_size_left,
    OptionalSymInt window_size_right) {
  const Options options =
      make_options(query, scale, is_causal, window_size_left, window_size_right);
  const PhiloxState seed = dropout_p > 0 ? read_rng_state(rng_state) : PhiloxState{};
  if (cum_seq_q.defined()) {
    const PackedSequences packed(cum_seq_q, cum_seq_k);
    return backward_packed(
        grad_out, query, key, value, {out, logsumexp}, packed, options,
        packed.dropout(query.size(1), max_q.expect_int(), max_k.expect_int(), dropout_p, seed));
  }
  const auto [grad_query, grad_key, grad_value] =
      backward_dense(swap_heads(grad_out), swap_heads(query), swap_heads(key), swap_heads(value),
                     {swap_heads(out), logsumexp}, options, dropout_p, seed);
  return {swap_heads(grad_query), swap_heads(grad_key), swap_heads(grad_value)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
scaled_dot_product_flash_attention(const at::Tensor& query, const at::Tensor& key,
                                   const at::Tensor& value, double dropout_p, bool is_causal,
                                   bool return_debug_mask, std::optional<double> scale) {
  check_supported(return_debug_mask, std::nullopt, std::nullopt, std::nullopt);
  const PhiloxState seed = dropout_p > 0 ? next_dropout_seed() : PhiloxState{};
  const AttentionOutput result = forward_dense(
      query, key, value, make_options(query, scale, is_causal, std::nullopt, std::nullopt),
      dropout_p, seed);
  return {result.out,
          result.logsumexp,
          {},
          {},
          query.size(2),
          key.size(2),
          make_rng_state(seed),
          make_unused(),
          at::empty({0}, query.options())};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_flash_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& /*cum_seq_q*/, const at::Tensor& /*cum_seq_k*/, c10::SymInt /*max_q*/,
    c10::SymInt /*max_k*/, double dropout_p, bool is_causal, const at::Tensor& rng_state,
    const at::Tensor& /*unused*/, std::optional<double> scale) {
  if (!grad_out.defined()) {
    return {};
  }
  return backward_dense(grad_out, query, key, value, {out, logsumexp},
                        make_options(query, scale, is_causal, std::nullopt, std::nullopt),
                        dropout_p, dropout_p > 0 ? read_rng_state(rng_state) : PhiloxState{});
}

}  // namespace torchdevice::kernels

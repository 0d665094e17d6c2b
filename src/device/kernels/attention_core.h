#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>

#include "device/generator.h"

namespace torchdevice::kernels {

/// Scaled dot-product attention on host tensors: what the fused CUDA kernels have in common.
/// Queries are [batch, heads, L, E], keys [batch, key heads, S, E], values [batch, key heads, S,
/// V]; the number of heads is a multiple of the key heads (grouped queries).

/// What happens to the scores between the two products.
struct Attention {
  double scale;                       ///< factor of query times key
  std::optional<int64_t> above = {};  ///< query i sees keys j <= i + above
  std::optional<int64_t> below = {};  ///< query i sees keys j >= i - below
  at::Tensor bias = {};               ///< added to the scores, broadcasts to [batch, heads, L, S]
  at::Tensor keep = {};               ///< dropout's factors, [batch, heads, L, S]
};

struct AttentionOutput {
  at::Tensor out;        ///< [batch, heads, L, V], in any memory layout
  at::Tensor logsumexp;  ///< [batch, heads, L], float (double for double), of the scores
};

struct AttentionGradients {
  at::Tensor query;
  at::Tensor key;
  at::Tensor value;
  at::Tensor bias;  ///< undefined unless asked for; summed to the bias's own shape
};

/// Rows in which every key is masked give zeros and a logsumexp of -inf.
AttentionOutput attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       const Attention& attention);

/// The derivative of attend(), from its results.
AttentionGradients attend_backward(const at::Tensor& grad_out, const at::Tensor& query,
                                   const at::Tensor& key, const at::Tensor& value,
                                   const AttentionOutput& forward, const Attention& attention,
                                   bool bias_gradient);

/// The scale that a call names, or 1/sqrt(E).
double attention_scale(const at::Tensor& query, std::optional<double> scale);

/// Where dropout's random numbers come from; kept with the results for the backward pass. The
/// current device's default generator moves on.
PhiloxState next_dropout_seed();

/// Numbers in [0, 1) that depend on the seed and the shape only.
at::Tensor dropout_numbers(at::IntArrayRef shape, PhiloxState seed);

/// Dropout's factors for scores of `shape` = [batch, heads, L, S]: 0 with probability `p`, else
/// 1 / (1 - p). Undefined if `p` is 0.
at::Tensor dropout_factors(at::IntArrayRef shape, double p, PhiloxState seed);

/// The shape of the scores of these queries and keys.
std::array<int64_t, 4> score_shape(const at::Tensor& query, const at::Tensor& key);

/// A 0-dim int64 tensor, and its value.
at::Tensor make_word(uint64_t word);
uint64_t read_word(const at::Tensor& word);

/// `result`, in the memory layout that `at::empty_like(like)` has.
at::Tensor in_layout_of(const at::Tensor& like, const at::Tensor& result);

/// A [batch, heads, length, size] tensor that lies in memory as [batch, length, heads, size].
at::Tensor heads_last(const at::Tensor& result);

}  // namespace torchdevice::kernels

#include "device/kernels/attention_core.h"

#include <ATen/ExpandUtils.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/_safe_softmax.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>

#include <cmath>
#include <limits>

#include "device/generator.h"
#include "device/kernels/compute_type.h"

namespace torchdevice::kernels {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

bool sees_all(const Attention& attention, int64_t queries, int64_t keys) {
  return (!attention.above || *attention.above >= keys - 1) &&
         (!attention.below || *attention.below >= queries - 1);
}

/// Whether the CPU's own flash kernel computes this attention
/// (aten/src/ATen/native/transformers/sdp_utils_cpp.cpp, use_flash_attention_cpp).
bool fits_host_flash(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const Attention& attention) {
  const bool top_left_causal = attention.above == 0 && !attention.below;
  return query.is_cpu() && at::isFloatingType(query.scalar_type()) && !attention.keep.defined() &&
         (sees_all(attention, query.size(2), key.size(2)) || top_left_causal) &&
         query.size(3) == value.size(3) && query.numel() > 0 && key.numel() > 0 &&
         query.stride(3) == 1 && key.stride(3) == 1 && value.stride(3) == 1;
}

/// The bias as the host's flash kernel takes it.
std::optional<at::Tensor> full_bias(const at::Tensor& query, const at::Tensor& key,
                                    const Attention& attention) {
  if (!attention.bias.defined()) {
    return std::nullopt;
  }
  return attention.bias.expand({query.size(0), query.size(1), query.size(2), key.size(2)});
}

/// Keys or values with one head for each query head, in the compute type.
at::Tensor for_each_head(const at::Tensor& key, const at::Tensor& query) {
  return to_compute_type(key).repeat_interleave(query.size(1) / key.size(1), /*dim=*/1);
}

/// The inverse for gradients: sums over the query heads that share a key head.
at::Tensor sum_shared_heads(const at::Tensor& gradient, const at::Tensor& key) {
  return gradient.unflatten(1, {key.size(1), gradient.size(1) / key.size(1)}).sum(2);
}

/// Scaled, biased scores with -inf where a query does not see a key.
at::Tensor scores(const at::Tensor& query, const at::Tensor& key, const Attention& attention) {
  at::Tensor result = at::matmul(to_compute_type(query) * attention.scale, key.transpose(-2, -1));
  if (attention.bias.defined()) {
    result.add_(attention.bias);
  }
  if (sees_all(attention, query.size(2), key.size(2))) {
    return result;
  }
  const auto options = query.options().dtype(at::kLong);
  const at::Tensor distance =
      at::arange(key.size(2), options) - at::arange(query.size(2), options).unsqueeze(1);
  if (attention.above) {
    result.masked_fill_(distance > *attention.above, kMinusInfinity);
  }
  if (attention.below) {
    result.masked_fill_(distance < -*attention.below, kMinusInfinity);
  }
  return result;
}

at::Tensor drop(const at::Tensor& weights, const Attention& attention) {
  return attention.keep.defined() ? weights * attention.keep : weights;
}

}  // namespace

AttentionOutput attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       const Attention& attention) {
  if (fits_host_flash(query, key, value, attention)) {
    const bool causal = !sees_all(attention, query.size(2), key.size(2));
    auto [out, logsumexp] = at::_scaled_dot_product_flash_attention_for_cpu(
        query, key, value, /*dropout_p=*/0.0, causal, full_bias(query, key, attention),
        attention.scale);
    return {out, logsumexp};
  }
  const at::Tensor score = scores(query, for_each_head(key, query), attention);
  const at::Tensor weights = drop(at::_safe_softmax(score, -1), attention);
  return {at::matmul(weights, for_each_head(value, query)).to(query.scalar_type()),
          at::logsumexp(score, {-1})};
}

AttentionGradients attend_backward(const at::Tensor& grad_out, const at::Tensor& query,
                                   const at::Tensor& key, const at::Tensor& value,
                                   const AttentionOutput& forward, const Attention& attention,
                                   bool bias_gradient) {
  if (!bias_gradient && fits_host_flash(query, key, value, attention)) {
    const bool causal = !sees_all(attention, query.size(2), key.size(2));
    auto [grad_query, grad_key, grad_value] =
        at::_scaled_dot_product_flash_attention_for_cpu_backward(
            grad_out, query, key, value, forward.out, forward.logsumexp, /*dropout_p=*/0.0, causal,
            full_bias(query, key, attention), attention.scale);
    return {grad_query, grad_key, grad_value, {}};
  }
  const at::Tensor keys = for_each_head(key, query);
  const at::Tensor grad = to_compute_type(grad_out);
  const at::Tensor score = scores(query, keys, attention);
  const at::Tensor weights =
      (score - forward.logsumexp.unsqueeze(-1)).exp_().masked_fill_(score == kMinusInfinity, 0);

  const at::Tensor grad_value = at::matmul(drop(weights, attention).transpose(-2, -1), grad);
  const at::Tensor grad_weights =
      drop(at::matmul(grad, for_each_head(value, query).transpose(-2, -1)), attention);
  const at::Tensor row_sums = (grad * to_compute_type(forward.out)).sum(-1, /*keepdim=*/true);
  const at::Tensor grad_score = weights * (grad_weights - row_sums);
  const at::Tensor grad_query = at::matmul(grad_score, keys) * attention.scale;
  const at::Tensor grad_key =
      at::matmul(grad_score.transpose(-2, -1), to_compute_type(query)) * attention.scale;

  const auto dtype = query.scalar_type();
  AttentionGradients result{grad_query.to(dtype),
                            sum_shared_heads(grad_key, key).to(dtype),
                            sum_shared_heads(grad_value, value).to(dtype),
                            {}};
  if (bias_gradient) {
    result.bias = grad_score.sum_to_size(attention.bias.sizes()).to(attention.bias.scalar_type());
  }
  return result;
}

double attention_scale(const at::Tensor& query, std::optional<double> scale) {
  return scale ? *scale : 1 / std::sqrt(static_cast<double>(query.size(-1)));
}

PhiloxState next_dropout_seed() {
  constexpr uint64_t kOffsetStep = 4;
  return default_generator().get<CudaGenerator>()->philox_state(kOffsetStep);
}

at::Tensor dropout_numbers(at::IntArrayRef shape, PhiloxState seed) {
  const auto generator = c10::make_intrusive<CudaGenerator>(c10::DeviceIndex{0});
  generator->set_current_seed(seed.seed);
  generator->set_offset(seed.offset);
  return at::empty(shape, at::kFloat).uniform_(0, 1, generator->host_generator());
}

at::Tensor dropout_factors(at::IntArrayRef shape, double p, PhiloxState seed) {
  if (p == 0) {
    return {};
  }
  return (dropout_numbers(shape, seed) > p).to(at::kFloat).mul_(1 / (1 - p));
}

std::array<int64_t, 4> score_shape(const at::Tensor& query, const at::Tensor& key) {
  return {query.size(0), query.size(1), query.size(2), key.size(2)};
}

at::Tensor make_word(uint64_t word) {
  at::Tensor result = at::empty({}, at::kLong);
  *result.mutable_data_ptr<int64_t>() = static_cast<int64_t>(word);
  return result;
}

uint64_t read_word(const at::Tensor& word) { return static_cast<uint64_t>(word.item<int64_t>()); }

at::Tensor in_layout_of(const at::Tensor& like, const at::Tensor& result) {
  const bool dense = like.is_non_overlapping_and_dense();
  const auto strides =
      dense ? like.strides().vec() : at::infer_dense_strides(like.sizes(), like.strides());
  return result.strides() == strides
             ? result
             : at::empty_strided(like.sizes(), strides, like.options()).copy_(result);
}

at::Tensor heads_last(const at::Tensor& result) {
  const at::Tensor swapped = result.transpose(1, 2);
  return swapped.is_contiguous() ? result : swapped.contiguous().transpose(1, 2);
}

}  // namespace torchdevice::kernels

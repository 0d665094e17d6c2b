#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_attention_math.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>
#include <vector>

#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

using Tensors = std::vector<at::Tensor>;

bool close(const at::Tensor& a, const at::Tensor& b) {
  return at::allclose(a, b, /*rtol=*/1e-6, /*atol=*/1e-8);
}

at::Tensor random(at::IntArrayRef shape) {
  return at::randn(shape, at::kDouble).set_requires_grad(true);
}

/// The additive form of a mask that is true where a query may see a key.
at::Tensor additive(const at::Tensor& visible) {
  return at::zeros(visible.sizes(), at::kDouble)
      .masked_fill_(visible.logical_not(), -std::numeric_limits<double>::infinity());
}

at::Tensor causal_mask(int64_t queries, int64_t keys, int64_t diagonal) {
  return additive(at::ones({queries, keys}, at::kBool).tril(diagonal));
}

/// PyTorch's own attention in separate steps, differentiable.
at::Tensor reference(const Tensors& qkv, const std::optional<at::Tensor>& mask) {
  return std::get<0>(at::_scaled_dot_product_attention_math(
      qkv[0], qkv[1], qkv[2], mask, /*dropout_p=*/0, /*is_causal=*/false, std::nullopt,
      /*scale=*/std::nullopt, /*enable_gqa=*/true));
}

Tensors reference_grads(const Tensors& inputs, const at::Tensor& out, const at::Tensor& grad) {
  return torch::autograd::grad({out}, inputs, {grad});
}

struct Case {
  const char* name;
  int64_t queries, keys, key_heads;
  bool causal;
};

class Attention : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    at::manual_seed(0);
    const Case& c = GetParam();
    qkv = {random({2, 4, c.queries, 8}), random({2, c.key_heads, c.keys, 8}),
           random({2, c.key_heads, c.keys, 8})};
    grad = at::randn({2, 4, c.queries, 8}, at::kDouble);
  }
  std::optional<at::Tensor> mask(int64_t diagonal) const {
    const Case& c = GetParam();
    return c.causal ? std::optional(causal_mask(c.queries, c.keys, diagonal)) : std::nullopt;
  }
  Tensors qkv;
  at::Tensor grad;
};

void expect_close(const Tensors& actual, const Tensors& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(close(actual[i], expected[i])) << "gradient " << i;
  }
}

TEST_P(Attention, FlashAlignsItsMaskToTheLowerRight) {
  const Case& c = GetParam();
  const at::Tensor expected = reference(qkv, mask(c.keys - c.queries));
  const Tensors expected_grads = reference_grads(qkv, expected, grad);

  const at::NoGradGuard no_grad;
  const auto [out, logsumexp, cum_q, cum_k, max_q, max_k, rng_state, unused, debug_mask] =
      scaled_dot_product_flash_attention(qkv[0], qkv[1], qkv[2], 0, c.causal, false, std::nullopt);
  EXPECT_TRUE(close(out, expected));
  EXPECT_EQ(logsumexp.sizes(), at::IntArrayRef({2, 4, c.queries}));
  EXPECT_EQ(rng_state.scalar_type(), at::kUInt64);
  const auto [grad_q, grad_k, grad_v] = scaled_dot_product_flash_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], out, logsumexp, cum_q, cum_k, max_q, max_k, 0, c.causal,
      rng_state, unused, std::nullopt);
  expect_close({grad_q, grad_k, grad_v}, expected_grads);
}

TEST_P(Attention, EfficientAlignsItsMaskToTheUpperLeft) {
  const Case& c = GetParam();
  const at::Tensor expected = reference(qkv, mask(0));
  const Tensors expected_grads = reference_grads(qkv, expected, grad);

  const at::NoGradGuard no_grad;
  const auto [out, logsumexp, seed, offset] = scaled_dot_product_efficient_attention(
      qkv[0], qkv[1], qkv[2], std::nullopt, true, 0, c.causal, std::nullopt);
  EXPECT_TRUE(close(out, expected));
  EXPECT_EQ(logsumexp.size(2), (c.queries + 31) / 32 * 32);
  const auto [grad_q, grad_k, grad_v, grad_bias] = scaled_dot_product_efficient_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], {}, out, logsumexp, seed, offset, 0, {true, true, true, false},
      c.causal, std::nullopt);
  expect_close({grad_q, grad_k, grad_v}, expected_grads);
  EXPECT_FALSE(grad_bias.defined());
}

TEST_P(Attention, Cudnn) {
  const Case& c = GetParam();
  const at::Tensor expected = reference(qkv, mask(0));
  const Tensors expected_grads = reference_grads(qkv, expected, grad);

  const at::NoGradGuard no_grad;
  const auto [out, logsumexp, cum_q, cum_k, max_q, max_k, seed, offset, debug_mask] =
      scaled_dot_product_cudnn_attention(qkv[0], qkv[1], qkv[2], std::nullopt, true, 0, c.causal,
                                         false, std::nullopt);
  EXPECT_TRUE(close(out, expected));
  EXPECT_EQ(logsumexp.sizes(), at::IntArrayRef({2, 4, c.queries, 1}));
  const auto [grad_q, grad_k, grad_v] = scaled_dot_product_cudnn_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], out, logsumexp, seed, offset, {}, cum_q, cum_k, max_q, max_k, 0,
      c.causal, std::nullopt);
  expect_close({grad_q, grad_k, grad_v}, expected_grads);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         ::testing::Values(Case{"Square", 37, 37, 4, false},
                                           Case{"SquareCausal", 37, 37, 4, true},
                                           Case{"FewQueriesCausal", 6, 40, 4, true},
                                           Case{"FewKeysCausal", 40, 6, 4, true},
                                           Case{"OneQuery", 1, 40, 4, true},
                                           Case{"GroupedHeads", 33, 33, 2, true}),
                         [](const auto& info) { return info.param.name; });

class AttentionBias : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(0); }
  Tensors qkv{random({2, 3, 9, 8}), random({2, 3, 12, 8}), random({2, 3, 12, 5})};
  at::Tensor grad = at::randn({2, 3, 9, 5}, at::kDouble);
};

TEST_F(AttentionBias, HasAGradient) {
  Tensors inputs = qkv;
  inputs.push_back(random({2, 3, 9, 12}));
  const at::Tensor expected = reference(qkv, inputs[3]);
  const Tensors expected_grads = reference_grads(inputs, expected, grad);

  const at::NoGradGuard no_grad;
  const auto [out, logsumexp, seed, offset] = scaled_dot_product_efficient_attention(
      qkv[0], qkv[1], qkv[2], inputs[3], true, 0, false, std::nullopt);
  EXPECT_TRUE(close(out, expected));
  const auto [grad_q, grad_k, grad_v, grad_bias] = scaled_dot_product_efficient_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], inputs[3], out, logsumexp, seed, offset, 0,
      {true, true, true, true}, false, std::nullopt);
  expect_close({grad_q, grad_k, grad_v, grad_bias}, expected_grads);
}

TEST_F(AttentionBias, RowsThatSeeNothingAreZero) {
  const at::NoGradGuard no_grad;
  at::Tensor bias = at::zeros({2, 3, 9, 12}, at::kDouble);
  bias.select(2, 4).fill_(-std::numeric_limits<double>::infinity());
  const auto [out, logsumexp, seed, offset] = scaled_dot_product_efficient_attention(
      qkv[0], qkv[1], qkv[2], bias, true, 0, false, std::nullopt);
  EXPECT_TRUE(at::equal(out.select(2, 4), at::zeros({2, 3, 5}, at::kDouble)));
  const auto grads = scaled_dot_product_efficient_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], bias, out, logsumexp, seed, offset, 0,
      {true, true, true, false}, false, std::nullopt);
  EXPECT_TRUE(at::isfinite(std::get<0>(grads)).all().item<bool>());
  EXPECT_TRUE(at::isfinite(std::get<1>(grads)).all().item<bool>());
}

/// The numbers that `_fill_mem_eff_dropout_mask_` shows are those that the kernel used.
TEST(AttentionDropout, FollowsTheSavedSeed) {
  constexpr double kDrop = 0.3;
  at::manual_seed(0);
  const Tensors qkv{random({2, 4, 9, 8}), random({2, 4, 9, 8}), random({2, 4, 9, 8})};
  const at::Tensor grad = at::randn({2, 4, 9, 8}, at::kDouble);
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> forward;
  at::Tensor numbers = at::empty({2, 4, 9, 9});
  {
    const at::NoGradGuard no_grad;
    forward = scaled_dot_product_efficient_attention(qkv[0], qkv[1], qkv[2], std::nullopt, true,
                                                     kDrop, false, std::nullopt);
    fill_mem_eff_dropout_mask(numbers, kDrop, std::get<2>(forward).item<int64_t>(),
                              std::get<3>(forward).item<int64_t>());
  }
  const at::Tensor keep = (numbers > kDrop).to(at::kDouble) / (1 - kDrop);
  const at::Tensor weights =
      at::softmax(at::matmul(qkv[0], qkv[1].transpose(-2, -1)) / std::sqrt(8.0), -1);
  const at::Tensor expected = at::matmul(weights * keep, qkv[2]);
  EXPECT_TRUE(close(std::get<0>(forward), expected));
  const Tensors expected_grads = reference_grads(qkv, expected, grad);

  const at::NoGradGuard no_grad;
  const auto [grad_q, grad_k, grad_v, grad_bias] = scaled_dot_product_efficient_attention_backward(
      grad, qkv[0], qkv[1], qkv[2], {}, std::get<0>(forward), std::get<1>(forward),
      std::get<2>(forward), std::get<3>(forward), kDrop, {true, true, true, false}, false,
      std::nullopt);
  EXPECT_TRUE(at::allclose(grad_q, expected_grads[0], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(grad_k, expected_grads[1], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(grad_v, expected_grads[2], 1e-5, 1e-6));

  const auto again = scaled_dot_product_efficient_attention(qkv[0], qkv[1], qkv[2], std::nullopt,
                                                            true, kDrop, false, std::nullopt);
  EXPECT_FALSE(at::equal(std::get<0>(again), std::get<0>(forward)));
}

/// Packed sequences give what each sequence gives alone.
TEST(PackedAttention, IsAttentionSequenceBySequence) {
  at::manual_seed(0);
  const at::NoGradGuard no_grad;
  const std::vector<int64_t> ends_q{0, 3, 10, 11};
  const std::vector<int64_t> ends_k{0, 4, 11, 13};
  const at::Tensor cum_q = at::tensor(ends_q, at::kInt);
  const at::Tensor cum_k = at::tensor(ends_k, at::kInt);
  const at::Tensor query = random({11, 4, 8});
  const at::Tensor key = random({13, 2, 8});
  const at::Tensor value = random({13, 2, 8});
  Tensors expected;
  for (std::size_t i = 0; i + 1 < ends_q.size(); ++i) {
    const auto sequence = [&](const at::Tensor& packed, const std::vector<int64_t>& ends) {
      return packed.slice(0, ends[i], ends[i + 1]).transpose(0, 1).unsqueeze(0);
    };
    const Tensors one{sequence(query, ends_q), sequence(key, ends_k), sequence(value, ends_k)};
    expected.push_back(
        reference(one, causal_mask(one[0].size(2), one[1].size(2), one[1].size(2) - one[0].size(2)))
            .squeeze(0)
            .transpose(0, 1));
  }
  const auto flash = flash_attention_forward(query, key, value, cum_q, cum_k, 7, 7, 0, true, false,
                                             std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                                             std::nullopt, std::nullopt, std::nullopt);
  EXPECT_TRUE(close(std::get<0>(flash), at::cat(expected)));
  EXPECT_EQ(std::get<1>(flash).sizes(), at::IntArrayRef({4, 11}));
}

TEST(WindowedAttention, SeesOnlyNeighbours) {
  at::manual_seed(0);
  const at::NoGradGuard no_grad;
  const Tensors qkv{random({2, 10, 3, 8}), random({2, 10, 3, 8}), random({2, 10, 3, 8})};
  const auto flash = flash_attention_forward(
      qkv[0], qkv[1], qkv[2], std::nullopt, std::nullopt, 10, 10, 0, false, false, std::nullopt,
      c10::SymInt(2), c10::SymInt(1), std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  const at::Tensor visible = additive(at::ones({10, 10}, at::kBool).tril(1).triu(-2));
  const at::Tensor expected =
      reference({qkv[0].transpose(1, 2), qkv[1].transpose(1, 2), qkv[2].transpose(1, 2)}, visible);
  EXPECT_TRUE(close(std::get<0>(flash), expected.transpose(1, 2)));
}

}  // namespace
}  // namespace torchdevice::kernels

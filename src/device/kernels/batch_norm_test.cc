#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

constexpr double kEps = 1e-5;
constexpr double kMomentum = 0.1;
constexpr int64_t kChannels = 6;

bool close(const at::Tensor& a, const at::Tensor& b) {
  return at::allclose(a, b, /*rtol=*/1e-9, /*atol=*/1e-11);
}

/// A batch on two workers, as torch.nn.SyncBatchNorm divides the work; the oracle is PyTorch's
/// batch normalisation of the whole batch.
class BatchNorm : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(0);
    input = at::randn({4, kChannels, 3, 2}, at::kDouble);
    weight = at::randn({kChannels}, at::kDouble);
    bias = at::randn({kChannels}, at::kDouble);
    running_mean = at::randn({kChannels}, at::kDouble);
    running_var = at::rand({kChannels}, at::kDouble) + 0.5;
    parts = {input.slice(0, 0, 1), input.slice(0, 1)};
    counts = at::tensor({6, 18}, at::kDouble);
  }

  std::tuple<at::Tensor, at::Tensor> gather() {
    const auto first = kernels::batch_norm_stats(parts[0], kEps);
    const auto second = kernels::batch_norm_stats(parts[1], kEps);
    return kernels::batch_norm_gather_stats_with_counts(
        input, at::stack({std::get<0>(first), std::get<0>(second)}),
        at::stack({std::get<1>(first), std::get<1>(second)}), running_mean, running_var, kMomentum,
        kEps, counts);
  }

  at::Tensor input, weight, bias, running_mean, running_var, counts;
  std::vector<at::Tensor> parts;
};

TEST_F(BatchNorm, GatheredStatisticsAreThoseOfTheWholeBatch) {
  const at::Tensor expected_mean = running_mean.clone();
  const at::Tensor expected_var = running_var.clone();
  const auto expected = at::native_batch_norm(input, weight, bias, expected_mean, expected_var,
                                              /*training=*/true, kMomentum, kEps);
  const auto [mean, invstd] = gather();
  EXPECT_TRUE(close(mean, std::get<1>(expected)));
  EXPECT_TRUE(close(invstd, std::get<2>(expected)));
  EXPECT_TRUE(close(running_mean, expected_mean));
  EXPECT_TRUE(close(running_var, expected_var));

  EXPECT_TRUE(close(kernels::batch_norm_elemt(input, weight, bias, mean, invstd, kEps),
                    std::get<0>(expected)));
  at::Tensor out = at::empty_like(input);
  EXPECT_TRUE(
      kernels::batch_norm_elemt_out(input, weight, bias, mean, invstd, kEps, out).is_same(out));
  EXPECT_TRUE(close(out, std::get<0>(expected)));
}

TEST_F(BatchNorm, BackwardOfTheParts) {
  const auto [mean, invstd] = gather();
  const at::Tensor grad = at::randn_like(input);
  const auto expected =
      at::native_batch_norm_backward(grad, input, weight, std::nullopt, std::nullopt, mean, invstd,
                                     /*train=*/true, kEps, {true, true, true});
  const std::vector<at::Tensor> grads = {grad.slice(0, 0, 1), grad.slice(0, 1)};
  const auto reduce = [&](int part) {
    return kernels::batch_norm_backward_reduce(grads[part], parts[part], mean, invstd, weight, true,
                                               true, true);
  };
  const auto first = reduce(0);
  const auto second = reduce(1);
  const at::Tensor sum_dy = std::get<0>(first) + std::get<0>(second);
  const at::Tensor sum_dy_xmu = std::get<1>(first) + std::get<1>(second);
  const auto elemt = [&](int part) {
    return kernels::batch_norm_backward_elemt(grads[part], parts[part], mean, invstd, weight,
                                              sum_dy, sum_dy_xmu, counts.to(at::kInt));
  };
  EXPECT_TRUE(close(at::cat({elemt(0), elemt(1)}), std::get<0>(expected)));
  EXPECT_TRUE(close(std::get<2>(first) + std::get<2>(second), std::get<1>(expected)));
  EXPECT_TRUE(close(std::get<3>(first) + std::get<3>(second), std::get<2>(expected)));
}

TEST_F(BatchNorm, HalfKeepsFloatStatistics) {
  const at::Tensor half = input.to(at::kHalf);
  const auto [mean, invstd] = kernels::batch_norm_stats(half, kEps);
  EXPECT_EQ(mean.scalar_type(), at::kFloat);
  EXPECT_EQ(
      kernels::batch_norm_elemt(half, std::nullopt, std::nullopt, mean, invstd, kEps).scalar_type(),
      at::kHalf);
}

}  // namespace
}  // namespace torchdevice::kernels

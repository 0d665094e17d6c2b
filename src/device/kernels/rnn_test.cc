#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

constexpr int64_t kBatch = 3;
constexpr int64_t kHidden = 5;

bool close(const at::Tensor& a, const at::Tensor& b) {
  return at::allclose(a, b, /*rtol=*/1e-10, /*atol=*/1e-12);
}

struct Cell {
  at::Tensor input_gates, hidden_gates, hidden, input_bias, hidden_bias;

  explicit Cell(int64_t gates) {
    const auto random = [](at::IntArrayRef shape) {
      return at::randn(shape, at::kDouble).set_requires_grad(true);
    };
    input_gates = random({kBatch, gates * kHidden});
    hidden_gates = random({kBatch, gates * kHidden});
    hidden = random({kBatch, kHidden});
    input_bias = random({gates * kHidden});
    hidden_bias = random({gates * kHidden});
  }
  std::vector<at::Tensor> arguments() const {
    return {input_gates, hidden_gates, hidden, input_bias, hidden_bias};
  }
};

struct LstmState {
  at::Tensor hy, cy;
};

/// The equations of torch.nn.LSTMCell's documentation.
LstmState lstm(const Cell& cell) {
  const auto gates =
      (cell.input_gates + cell.input_bias + cell.hidden_gates + cell.hidden_bias).chunk(4, 1);
  const at::Tensor cy = gates[1].sigmoid() * cell.hidden + gates[0].sigmoid() * gates[2].tanh();
  return {gates[3].sigmoid() * cy.tanh(), cy};
}

/// The equations of torch.nn.GRUCell's documentation.
at::Tensor gru(const Cell& cell) {
  const auto input = (cell.input_gates + cell.input_bias).chunk(3, 1);
  const auto hidden = (cell.hidden_gates + cell.hidden_bias).chunk(3, 1);
  const at::Tensor reset = (input[0] + hidden[0]).sigmoid();
  const at::Tensor update = (input[1] + hidden[1]).sigmoid();
  const at::Tensor fresh = (input[2] + reset * hidden[2]).tanh();
  return (1 - update) * fresh + update * cell.hidden;
}

class Rnn : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(0); }
};

TEST_F(Rnn, LstmCellComputesTheDocumentedEquations) {
  const Cell cell(4);
  const at::NoGradGuard no_grad;
  const auto [hy, cy, workspace] = thnn_fused_lstm_cell(
      cell.input_gates, cell.hidden_gates, cell.hidden, cell.input_bias, cell.hidden_bias);
  const LstmState expected = lstm(cell);
  EXPECT_TRUE(close(hy, expected.hy));
  EXPECT_TRUE(close(cy, expected.cy));
  EXPECT_EQ(workspace.sizes(), cell.input_gates.sizes());
}

TEST_F(Rnn, LstmBackwardIsTheDerivative) {
  const Cell cell(4);
  const LstmState state = lstm(cell);
  const at::Tensor grad_hy = at::randn_like(state.hy);
  const at::Tensor grad_cy = at::randn_like(state.cy);
  const auto expected =
      torch::autograd::grad({state.hy, state.cy}, cell.arguments(), {grad_hy, grad_cy});

  const at::NoGradGuard no_grad;
  const auto [hy, cy, workspace] = thnn_fused_lstm_cell(
      cell.input_gates, cell.hidden_gates, cell.hidden, cell.input_bias, cell.hidden_bias);
  const auto [grad_gates, grad_cx, grad_bias] = thnn_fused_lstm_cell_backward_impl(
      grad_hy, grad_cy, cell.hidden, cy, workspace, /*has_bias=*/true);
  EXPECT_TRUE(close(grad_gates, expected[0]));
  EXPECT_TRUE(close(grad_gates, expected[1]));
  EXPECT_TRUE(close(grad_cx, expected[2]));
  EXPECT_TRUE(close(grad_bias, expected[3]));
}

TEST_F(Rnn, LstmBackwardTakesEitherGradientAlone) {
  const Cell cell(4);
  const LstmState state = lstm(cell);
  const at::Tensor grad = at::randn_like(state.cy);
  const auto expected = torch::autograd::grad({state.cy}, {cell.hidden}, {grad});

  const at::NoGradGuard no_grad;
  const auto forward = thnn_fused_lstm_cell(cell.input_gates, cell.hidden_gates, cell.hidden,
                                            cell.input_bias, cell.hidden_bias);
  const auto grads =
      thnn_fused_lstm_cell_backward_impl(std::nullopt, grad, cell.hidden, std::get<1>(forward),
                                         std::get<2>(forward), /*has_bias=*/false);
  EXPECT_TRUE(close(std::get<1>(grads), expected[0]));
  EXPECT_FALSE(std::get<2>(grads).defined());
}

TEST_F(Rnn, GruCellAndItsDerivative) {
  const Cell cell(3);
  const at::Tensor expected = gru(cell);
  const at::Tensor grad = at::randn_like(expected);
  const auto expected_grads = torch::autograd::grad({expected}, cell.arguments(), {grad});

  const at::NoGradGuard no_grad;
  const auto [hy, workspace] = thnn_fused_gru_cell(cell.input_gates, cell.hidden_gates, cell.hidden,
                                                   cell.input_bias, cell.hidden_bias);
  EXPECT_TRUE(close(hy, expected));
  const auto [grad_input, grad_hidden, grad_hx, grad_input_bias, grad_hidden_bias] =
      thnn_fused_gru_cell_backward(grad, workspace, /*has_bias=*/true);
  EXPECT_TRUE(close(grad_input, expected_grads[0]));
  EXPECT_TRUE(close(grad_hidden, expected_grads[1]));
  EXPECT_TRUE(close(grad_hx, expected_grads[2]));
  EXPECT_TRUE(close(grad_input_bias, expected_grads[3]));
  EXPECT_TRUE(close(grad_hidden_bias, expected_grads[4]));
}

TEST_F(Rnn, HalfIsRoundedOnceAtTheEnd) {
  const Cell cell(4);
  const at::NoGradGuard no_grad;
  const auto half = [](const at::Tensor& tensor) { return tensor.to(at::kHalf); };
  const auto wide = [](const at::Tensor& tensor) { return tensor.to(at::kHalf).to(at::kFloat); };
  const auto narrow =
      thnn_fused_lstm_cell(half(cell.input_gates), half(cell.hidden_gates), half(cell.hidden),
                           half(cell.input_bias), half(cell.hidden_bias));
  const auto expected =
      thnn_fused_lstm_cell(wide(cell.input_gates), wide(cell.hidden_gates), wide(cell.hidden),
                           wide(cell.input_bias), wide(cell.hidden_bias));
  EXPECT_TRUE(at::equal(std::get<0>(narrow), half(std::get<0>(expected))));
  EXPECT_TRUE(at::equal(std::get<1>(narrow), half(std::get<1>(expected))));
}

TEST_F(Rnn, WrongShapesAreRefused) {
  const at::Tensor gates = at::ones({2, 20});
  EXPECT_THROW(thnn_fused_lstm_cell(gates, at::ones({2, 16}), at::ones({2, 5}), {}, {}),
               c10::Error);
  EXPECT_THROW(thnn_fused_gru_cell_backward(at::ones({2, 5}), at::ones({2, 20}), false),
               c10::Error);
}

}  // namespace
}  // namespace torchdevice::kernels

#include <ATen/TensorOperators.h>
#include <ATen/TensorUtils.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tanh.h>

#include <tuple>

#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

const at::Tensor& value_of(const OptionalTensor& tensor) {
  static const at::Tensor undefined;
  return tensor ? *tensor : undefined;
}

/// The shape checks of a fused cell with `factor` gates, as aten/src/ATen/native/cuda/RNN.cu.
void check_sizes(at::CheckedFrom cell, const at::Tensor& input_gates,
                 const at::Tensor& hidden_gates, const at::Tensor& input_bias,
                 const at::Tensor& hidden_bias, int64_t factor, const at::Tensor& prev_hidden) {
  const at::TensorArg input_gates_arg{input_gates, "input_gates", 1};
  const at::TensorArg prev_hidden_arg{prev_hidden, "prev_hidden", 5};
  at::checkDim(cell, input_gates_arg, 2);
  at::checkSameSize(cell, input_gates_arg, at::TensorArg{hidden_gates, "hidden_gates", 2});
  const int64_t gates_size = input_gates.size(1);
  if (input_bias.defined()) {
    const at::TensorArg input_bias_arg{input_bias, "input_bias", 3};
    at::checkDim(cell, input_bias_arg, 1);
    at::checkNumel(cell, input_bias_arg, gates_size);
    at::checkSameSize(cell, input_bias_arg, at::TensorArg{hidden_bias, "hidden_bias", 4});
  }
  at::checkDim(cell, prev_hidden_arg, 2);
  at::checkNumel(cell, prev_hidden_arg, input_gates.size(0) * gates_size / factor);
}

at::Tensor gate(const at::Tensor& gates, int64_t index, int64_t hidden_size) {
  return gates.narrow(1, index * hidden_size, hidden_size);
}

/// d/dx of sigmoid and tanh in terms of their results.
at::Tensor sigmoid_slope(const at::Tensor& y) { return y - y * y; }
at::Tensor tanh_slope(const at::Tensor& y) { return 1 - y * y; }

at::Tensor sum_over_batch(const at::Tensor& gradient) { return gradient.sum(0); }

}  // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor> thnn_fused_lstm_cell(
    const at::Tensor& input_gates, const at::Tensor& hidden_gates, const at::Tensor& cx,
    const OptionalTensor& input_bias_opt, const OptionalTensor& hidden_bias_opt) {
  const at::Tensor& input_bias = value_of(input_bias_opt);
  const at::Tensor& hidden_bias = value_of(hidden_bias_opt);
  check_sizes("_thnn_fused_lstm_cell_cuda", input_gates, hidden_gates, input_bias, hidden_bias,
              /*factor=*/4, cx);
  const auto dtype = input_gates.scalar_type();
  const int64_t hidden_size = cx.size(1);

  at::Tensor gates = to_compute_type(input_gates) + hidden_gates;
  if (input_bias.defined()) {
    gates.add_(input_bias).add_(hidden_bias);
  }
  gates.narrow(1, 0, 2 * hidden_size).sigmoid_();
  gate(gates, 2, hidden_size).tanh_();
  gate(gates, 3, hidden_size).sigmoid_();

  const at::Tensor cy = (gate(gates, 1, hidden_size) * cx)
                            .addcmul_(gate(gates, 0, hidden_size), gate(gates, 2, hidden_size));
  const at::Tensor hy = gate(gates, 3, hidden_size) * cy.tanh();
  return {hy.to(dtype), cy.to(dtype), gates.to(dtype)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> thnn_fused_lstm_cell_backward_impl(
    const OptionalTensor& grad_hy_opt, const OptionalTensor& grad_cy_opt, const at::Tensor& cx_in,
    const at::Tensor& cy_in, const at::Tensor& workspace, bool has_bias) {
  const at::Tensor& grad_hy = value_of(grad_hy_opt);
  const at::Tensor& grad_cy = value_of(grad_cy_opt);
  if (!grad_hy.defined() && !grad_cy.defined()) {
    return {};
  }
  const int64_t hidden_size = cx_in.size(1);
  const at::Tensor gates = to_compute_type(workspace);
  const at::Tensor cx = to_compute_type(cx_in);
  const at::Tensor tanh_cy = to_compute_type(cy_in).tanh();
  const at::Tensor in = gate(gates, 0, hidden_size);
  const at::Tensor forget = gate(gates, 1, hidden_size);
  const at::Tensor cell = gate(gates, 2, hidden_size);
  const at::Tensor out = gate(gates, 3, hidden_size);

  at::Tensor grad_cell_state = at::zeros_like(cx, at::MemoryFormat::Contiguous);
  at::Tensor grad_out = at::zeros_like(cx, at::MemoryFormat::Contiguous);
  if (grad_hy.defined()) {
    grad_out = grad_hy * tanh_cy;
    grad_cell_state = grad_hy * out * tanh_slope(tanh_cy);
  }
  if (grad_cy.defined()) {
    grad_cell_state = grad_cell_state + grad_cy;
  }
  const at::Tensor grad_gates =
      at::cat(
          {grad_cell_state * cell * sigmoid_slope(in), grad_cell_state * cx * sigmoid_slope(forget),
           grad_cell_state * in * tanh_slope(cell), grad_out * sigmoid_slope(out)},
          1)
          .to(workspace.scalar_type());
  const at::Tensor grad_cx = (grad_cell_state * forget).to(cx_in.scalar_type());
  return {grad_gates, grad_cx, has_bias ? sum_over_batch(grad_gates) : at::Tensor()};
}

std::tuple<at::Tensor, at::Tensor> thnn_fused_gru_cell(const at::Tensor& input_gates,
                                                       const at::Tensor& hidden_gates,
                                                       const at::Tensor& hx_in,
                                                       const OptionalTensor& input_bias_opt,
                                                       const OptionalTensor& hidden_bias_opt) {
  const at::Tensor& input_bias = value_of(input_bias_opt);
  const at::Tensor& hidden_bias = value_of(hidden_bias_opt);
  check_sizes("_thnn_fused_gru_cell_cuda", input_gates, hidden_gates, input_bias, hidden_bias,
              /*factor=*/3, hx_in);
  const auto dtype = input_gates.scalar_type();
  const int64_t hidden_size = hx_in.size(1);
  const at::Tensor hx = to_compute_type(hx_in);
  at::Tensor input = to_compute_type(input_gates);
  at::Tensor hidden = to_compute_type(hidden_gates);
  if (input_bias.defined()) {
    input = input + input_bias;
    hidden = hidden + hidden_bias;
  }
  const at::Tensor reset_update =
      (input.narrow(1, 0, 2 * hidden_size) + hidden.narrow(1, 0, 2 * hidden_size)).sigmoid_();
  const at::Tensor reset = gate(reset_update, 0, hidden_size);
  const at::Tensor update = gate(reset_update, 1, hidden_size);
  const at::Tensor hidden_new = gate(hidden, 2, hidden_size);
  const at::Tensor fresh = at::addcmul(gate(input, 2, hidden_size), reset, hidden_new).tanh_();
  const at::Tensor hy = at::addcmul(fresh, update, hx - fresh);
  return {hy.to(dtype), at::cat({reset_update, fresh, hx, hidden_new}, 1).to(dtype)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> thnn_fused_gru_cell_backward(
    const at::Tensor& grad_hy_in, const at::Tensor& workspace, bool has_bias) {
  constexpr int64_t kSavedPerUnit = 5;  // reset, update, fresh, hx, hidden part of fresh
  at::checkDim("fused_gru_cell_backward", at::TensorArg{grad_hy_in, "grad_hy", 1}, 2);
  at::checkSize("fused_gru_cell_backward", at::TensorArg{workspace, "workspace", 2},
                {grad_hy_in.size(0), grad_hy_in.size(1) * kSavedPerUnit});
  const auto dtype = grad_hy_in.scalar_type();
  const int64_t hidden_size = grad_hy_in.size(1);
  const at::Tensor saved = to_compute_type(workspace);
  const at::Tensor grad_hy = to_compute_type(grad_hy_in);
  const at::Tensor reset = gate(saved, 0, hidden_size);
  const at::Tensor update = gate(saved, 1, hidden_size);
  const at::Tensor fresh = gate(saved, 2, hidden_size);
  const at::Tensor hx = gate(saved, 3, hidden_size);
  const at::Tensor hidden_new = gate(saved, 4, hidden_size);

  const at::Tensor grad_fresh = grad_hy * (1 - update) * tanh_slope(fresh);
  const at::Tensor grad_reset = grad_fresh * hidden_new * sigmoid_slope(reset);
  const at::Tensor grad_update = grad_hy * (hx - fresh) * sigmoid_slope(update);
  const at::Tensor grad_input_gates = at::cat({grad_reset, grad_update, grad_fresh}, 1).to(dtype);
  const at::Tensor grad_hidden_gates =
      at::cat({grad_reset, grad_update, grad_fresh * reset}, 1).to(dtype);
  return {grad_input_gates, grad_hidden_gates, (grad_hy * update).to(dtype),
          has_bias ? sum_over_batch(grad_input_gates) : at::Tensor(),
          has_bias ? sum_over_batch(grad_hidden_gates) : at::Tensor()};
}

}  // namespace torchdevice::kernels

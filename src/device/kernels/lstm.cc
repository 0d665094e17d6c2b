#include "device/kernels/lstm.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/lstm_compositeimplicitautograd_dispatch.h>
#include <ATen/ops/mkldnn_rnn_layer.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "device/settings.h"

namespace torchdevice::kernels {
namespace {

constexpr int64_t kLstmMode = 2;  // aten/src/ATen/native/mkldnn/RNN.cpp

/// What the CPU asks before it takes oneDNN (aten/src/ATen/native/RNN.cpp, use_mkldnn). Under
/// autocast each step's products are cast, which only the step by step path does.
bool fits_onednn(const at::Tensor& input, at::TensorList hx, at::TensorList params) {
  const auto fits = [&](const at::Tensor& tensor) {
    return tensor.scalar_type() == at::kFloat && tensor.device() == input.device();
  };
  return settings().host == HostKind::kCpu && at::globalContext().userEnabledMkldnn() &&
         !at::autocast::is_autocast_enabled(at::kCUDA) && input.dim() == 3 && input.numel() > 0 &&
         fits(input) && hx.size() == 2 && hx[0].sizes() == hx[1].sizes() &&
         std::all_of(hx.begin(), hx.end(), fits) && std::all_of(params.begin(), params.end(), fits);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm(const at::Tensor& input, at::TensorList hx,
                                                    at::TensorList params, bool has_biases,
                                                    int64_t num_layers, double dropout, bool train,
                                                    bool bidirectional, bool batch_first) {
  const int64_t directions = bidirectional ? 2 : 1;
  const std::size_t weights_per_cell = has_biases ? 4 : 2;
  if (!fits_onednn(input, hx, params) || hx[0].size(0) != num_layers * directions ||
      params.size() != weights_per_cell * num_layers * directions) {
    return at::compositeimplicitautograd::lstm(input, hx, params, has_biases, num_layers, dropout,
                                               train, bidirectional, batch_first);
  }
  const at::Tensor h0 = hx[0].contiguous();
  const at::Tensor c0 = hx[1].contiguous();
  at::Tensor sequence = (batch_first ? input.transpose(0, 1) : input).contiguous();
  std::vector<at::Tensor> hy;
  std::vector<at::Tensor> cy;
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    std::vector<at::Tensor> outputs;
    for (int64_t direction = 0; direction < directions; ++direction) {
      const int64_t cell = layer * directions + direction;
      const at::Tensor* weights = &params[cell * weights_per_cell];
      const auto bias = [&](int64_t index) {
        return has_biases ? weights[2 + index]
                          : at::zeros(weights[index].sizes(), weights[index].options());
      };
      const auto [output, h, c, workspace] = at::mkldnn_rnn_layer(
          sequence, weights[0], weights[1], bias(0), bias(1), h0[cell], c0[cell],
          /*reverse=*/direction == 1, /*batch_sizes=*/{}, kLstmMode, h0.size(2), num_layers,
          has_biases, bidirectional, batch_first, train);
      outputs.push_back(output);
      hy.push_back(h);
      cy.push_back(c);
    }
    sequence = bidirectional ? at::cat(outputs, -1) : outputs[0];
    if (dropout != 0 && train && layer < num_layers - 1) {
      sequence = at::dropout(sequence, dropout, /*train=*/true);
    }
  }
  return {batch_first ? sequence.transpose(0, 1) : sequence, at::stack(hy), at::stack(cy)};
}

}  // namespace

void register_lstm(torch::Library& library) { library.impl("lstm.input", TORCH_FN(lstm)); }

}  // namespace torchdevice::kernels

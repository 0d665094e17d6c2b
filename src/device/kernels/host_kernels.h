#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_conv_depthwise2d_ops.h>
#include <ATen/ops/_cudnn_attention_backward_ops.h>
#include <ATen/ops/_cudnn_attention_forward_ops.h>
#include <ATen/ops/_cudnn_ctc_loss_ops.h>
#include <ATen/ops/_cudnn_init_dropout_state_ops.h>
#include <ATen/ops/_cudnn_rnn_backward_ops.h>
#include <ATen/ops/_cudnn_rnn_flatten_weight_ops.h>
#include <ATen/ops/_cudnn_rnn_ops.h>
#include <ATen/ops/_efficient_attention_backward_ops.h>
#include <ATen/ops/_efficient_attention_forward_ops.h>
#include <ATen/ops/_fill_mem_eff_dropout_mask_ops.h>
#include <ATen/ops/_flash_attention_backward_ops.h>
#include <ATen/ops/_flash_attention_forward_no_dropout_inplace_ops.h>
#include <ATen/ops/_flash_attention_forward_ops.h>
#include <ATen/ops/_fused_dropout_ops.h>
#include <ATen/ops/_fused_rms_norm_backward_ops.h>
#include <ATen/ops/_fused_sdp_choice_ops.h>
#include <ATen/ops/_masked_scale_ops.h>
#include <ATen/ops/_sample_dirichlet_ops.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention_backward_ops.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention_ops.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention_backward_ops.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention_ops.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward_ops.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_ops.h>
#include <ATen/ops/_standard_gamma_ops.h>
#include <ATen/ops/_thnn_fused_gru_cell_backward_ops.h>
#include <ATen/ops/_thnn_fused_gru_cell_ops.h>
#include <ATen/ops/_thnn_fused_lstm_cell_backward_impl_ops.h>
#include <ATen/ops/_thnn_fused_lstm_cell_ops.h>
#include <ATen/ops/_use_cudnn_ctc_loss_ops.h>
#include <ATen/ops/_use_miopen_ctc_loss_ops.h>
#include <ATen/ops/addmm_ops.h>
#include <ATen/ops/baddbmm_ops.h>
#include <ATen/ops/batch_norm_backward_elemt_ops.h>
#include <ATen/ops/batch_norm_backward_reduce_ops.h>
#include <ATen/ops/batch_norm_elemt_ops.h>
#include <ATen/ops/batch_norm_gather_stats_ops.h>
#include <ATen/ops/batch_norm_gather_stats_with_counts_ops.h>
#include <ATen/ops/batch_norm_stats_ops.h>
#include <ATen/ops/bernoulli_ops.h>
#include <ATen/ops/binomial_ops.h>
#include <ATen/ops/bmm_ops.h>
#include <ATen/ops/cauchy_ops.h>
#include <ATen/ops/conv_depthwise3d_ops.h>
#include <ATen/ops/cudnn_affine_grid_generator_backward_ops.h>
#include <ATen/ops/cudnn_affine_grid_generator_ops.h>
#include <ATen/ops/cudnn_batch_norm_backward_ops.h>
#include <ATen/ops/cudnn_batch_norm_ops.h>
#include <ATen/ops/cudnn_convolution_add_relu_ops.h>
#include <ATen/ops/cudnn_convolution_ops.h>
#include <ATen/ops/cudnn_convolution_relu_ops.h>
#include <ATen/ops/cudnn_convolution_transpose_ops.h>
#include <ATen/ops/cudnn_grid_sampler_backward_ops.h>
#include <ATen/ops/cudnn_grid_sampler_ops.h>
#include <ATen/ops/exponential_ops.h>
#include <ATen/ops/geometric_ops.h>
#include <ATen/ops/log_normal_ops.h>
#include <ATen/ops/miopen_batch_norm_backward_ops.h>
#include <ATen/ops/miopen_batch_norm_ops.h>
#include <ATen/ops/miopen_convolution_add_relu_ops.h>
#include <ATen/ops/miopen_convolution_ops.h>
#include <ATen/ops/miopen_convolution_relu_ops.h>
#include <ATen/ops/miopen_convolution_transpose_ops.h>
#include <ATen/ops/miopen_ctc_loss_ops.h>
#include <ATen/ops/miopen_depthwise_convolution_ops.h>
#include <ATen/ops/miopen_rnn_backward_ops.h>
#include <ATen/ops/miopen_rnn_ops.h>
#include <ATen/ops/mm_ops.h>
#include <ATen/ops/multinomial_ops.h>
#include <ATen/ops/native_dropout_ops.h>
#include <ATen/ops/normal_ops.h>
#include <ATen/ops/poisson_ops.h>
#include <ATen/ops/random_ops.h>
#include <ATen/ops/randperm_ops.h>
#include <ATen/ops/rrelu_with_noise_ops.h>
#include <ATen/ops/uniform_ops.h>

#include <array>
#include <optional>
#include <tuple>

#include "device/kernels/not_compiled.h"
#include "device/kernels/sdp_choice.h"

/// The host's kernels for operators that PyTorch has for CUDA only. Each is a plain function over
/// host tensors with its operator's signature; it computes what the CUDA kernel computes (shapes,
/// dtypes and checks included) with public operators of the host, and is called below autograd.
/// The redirect aliases the arguments, checks devices and wraps the results. A generator argument
/// is always a CUDA generator (CudaGenerator): the one that was passed, or the default one of the
/// device. docs/random.md says which random operators give CUDA's numbers.
/// docs/operators.md lists the operators that have no kernel here.

namespace torchdevice::kernels {

// rnn.cc: the cells of torch.nn.LSTM and torch.nn.GRU
std::tuple<at::Tensor, at::Tensor, at::Tensor> thnn_fused_lstm_cell(
    const at::Tensor& input_gates, const at::Tensor& hidden_gates, const at::Tensor& cx,
    const std::optional<at::Tensor>& input_bias, const std::optional<at::Tensor>& hidden_bias);
std::tuple<at::Tensor, at::Tensor, at::Tensor> thnn_fused_lstm_cell_backward_impl(
    const std::optional<at::Tensor>& grad_hy, const std::optional<at::Tensor>& grad_cy,
    const at::Tensor& cx, const at::Tensor& cy, const at::Tensor& workspace, bool has_bias);
std::tuple<at::Tensor, at::Tensor> thnn_fused_gru_cell(
    const at::Tensor& input_gates, const at::Tensor& hidden_gates, const at::Tensor& hx,
    const std::optional<at::Tensor>& input_bias, const std::optional<at::Tensor>& hidden_bias);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> thnn_fused_gru_cell_backward(
    const at::Tensor& grad_hy, const at::Tensor& workspace, bool has_bias);

// batch_norm.cc: the parts of torch.nn.SyncBatchNorm
std::tuple<at::Tensor, at::Tensor> batch_norm_stats(const at::Tensor& input, double eps);
at::Tensor batch_norm_elemt(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                            const std::optional<at::Tensor>& bias, const at::Tensor& mean,
                            const at::Tensor& invstd, double eps);
at::Tensor& batch_norm_elemt_out(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                                 const std::optional<at::Tensor>& bias, const at::Tensor& mean,
                                 const at::Tensor& invstd, double eps, at::Tensor& out);
std::tuple<at::Tensor, at::Tensor> batch_norm_gather_stats(
    const at::Tensor& input, const at::Tensor& mean, const at::Tensor& invstd,
    const std::optional<at::Tensor>& running_mean, const std::optional<at::Tensor>& running_var,
    double momentum, double eps, int64_t count);
std::tuple<at::Tensor, at::Tensor> batch_norm_gather_stats_with_counts(
    const at::Tensor& input, const at::Tensor& mean, const at::Tensor& invstd,
    const std::optional<at::Tensor>& running_mean, const std::optional<at::Tensor>& running_var,
    double momentum, double eps, const at::Tensor& counts);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> batch_norm_backward_reduce(
    const at::Tensor& grad_out, const at::Tensor& input, const at::Tensor& mean,
    const at::Tensor& invstd, const std::optional<at::Tensor>& weight, bool input_g, bool weight_g,
    bool bias_g);
at::Tensor batch_norm_backward_elemt(const at::Tensor& grad_out, const at::Tensor& input,
                                     const at::Tensor& mean, const at::Tensor& invstd,
                                     const std::optional<at::Tensor>& weight,
                                     const at::Tensor& sum_dy, const at::Tensor& sum_dy_xmu,
                                     const at::Tensor& count);

// rms_norm.cc
std::tuple<at::Tensor, at::Tensor> fused_rms_norm_backward(const at::Tensor& grad_out,
                                                           const at::Tensor& input,
                                                           at::IntArrayRef normalized_shape,
                                                           const at::Tensor& rstd,
                                                           const std::optional<at::Tensor>& weight,
                                                           std::array<bool, 2> output_mask);

// ctc.cc
bool use_vendor_ctc_loss(const at::Tensor& log_probs, const at::Tensor& targets,
                         at::IntArrayRef input_lengths, at::IntArrayRef target_lengths,
                         int64_t blank);
bool use_vendor_ctc_loss_tensor(const at::Tensor& log_probs, const at::Tensor& targets,
                                const at::Tensor& input_lengths, const at::Tensor& target_lengths,
                                int64_t blank);

// matmul_dtype.cc: products with `out_dtype`
at::Tensor mm_dtype(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype);
at::Tensor& mm_dtype_out(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype,
                         at::Tensor& out);
at::Tensor bmm_dtype(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype);
at::Tensor& bmm_dtype_out(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype,
                          at::Tensor& out);
at::Tensor addmm_dtype(const at::Tensor& self, const at::Tensor& mat1, const at::Tensor& mat2,
                       at::ScalarType out_dtype, const at::Scalar& beta, const at::Scalar& alpha);
at::Tensor& addmm_dtype_out(const at::Tensor& self, const at::Tensor& mat1, const at::Tensor& mat2,
                            at::ScalarType out_dtype, const at::Scalar& beta,
                            const at::Scalar& alpha, at::Tensor& out);
at::Tensor baddbmm_dtype(const at::Tensor& self, const at::Tensor& batch1, const at::Tensor& batch2,
                         at::ScalarType out_dtype, const at::Scalar& beta, const at::Scalar& alpha);
at::Tensor& baddbmm_dtype_out(const at::Tensor& self, const at::Tensor& batch1,
                              const at::Tensor& batch2, at::ScalarType out_dtype,
                              const at::Scalar& beta, const at::Scalar& alpha, at::Tensor& out);

// dropout.cc
std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor& input, double p,
                                                  std::optional<bool> train);
std::tuple<at::Tensor, at::Tensor> fused_dropout(const at::Tensor& self, double p,
                                                 std::optional<at::Generator> generator);
at::Tensor masked_scale(const at::Tensor& self, const at::Tensor& mask, double scale);

// random_distributions.cc
at::Tensor& uniform_(at::Tensor& self, double from, double to,
                     std::optional<at::Generator> generator);
at::Tensor& log_normal_(at::Tensor& self, double mean, double std,
                        std::optional<at::Generator> generator);
at::Tensor& cauchy_(at::Tensor& self, double median, double sigma,
                    std::optional<at::Generator> generator);
at::Tensor& exponential_(at::Tensor& self, double lambda, std::optional<at::Generator> generator);
at::Tensor& geometric_(at::Tensor& self, double p, std::optional<at::Generator> generator);
at::Tensor& bernoulli_float_(at::Tensor& self, double p, std::optional<at::Generator> generator);
at::Tensor& random_(at::Tensor& self, std::optional<at::Generator> generator);
at::Tensor& random_from_(at::Tensor& self, int64_t from, std::optional<int64_t> to,
                         std::optional<at::Generator> generator);
at::Tensor& random_to_(at::Tensor& self, int64_t to, std::optional<at::Generator> generator);
at::Tensor& normal_(at::Tensor& self, double mean, double std,
                    std::optional<at::Generator> generator);
at::Tensor normal_tensor_float(const at::Tensor& mean, double std,
                               std::optional<at::Generator> generator);
at::Tensor normal_float_tensor(double mean, const at::Tensor& std,
                               std::optional<at::Generator> generator);
at::Tensor normal_tensor_tensor(const at::Tensor& mean, const at::Tensor& std,
                                std::optional<at::Generator> generator);
at::Tensor& normal_tensor_float_out(const at::Tensor& mean, double std,
                                    std::optional<at::Generator> generator, at::Tensor& out);
at::Tensor& normal_float_tensor_out(double mean, const at::Tensor& std,
                                    std::optional<at::Generator> generator, at::Tensor& out);
at::Tensor& normal_tensor_tensor_out(const at::Tensor& mean, const at::Tensor& std,
                                     std::optional<at::Generator> generator, at::Tensor& out);

// random_bernoulli.cc
at::Tensor& bernoulli_tensor_(at::Tensor& self, const at::Tensor& p,
                              std::optional<at::Generator> generator);
at::Tensor& bernoulli_out(const at::Tensor& self, std::optional<at::Generator> generator,
                          at::Tensor& out);

// random_permutation.cc
at::Tensor& randperm_out(c10::SymInt n, std::optional<at::Generator> generator, at::Tensor& out);

// random_multinomial.cc
at::Tensor multinomial(const at::Tensor& self, c10::SymInt num_samples, bool replacement,
                       std::optional<at::Generator> generator);
at::Tensor& multinomial_out(const at::Tensor& self, c10::SymInt num_samples, bool replacement,
                            std::optional<at::Generator> generator, at::Tensor& out);

// random_rrelu.cc
at::Tensor rrelu_with_noise(const at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                            const at::Scalar& upper, bool training,
                            std::optional<at::Generator> generator);
at::Tensor& rrelu_with_noise_(at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                              const at::Scalar& upper, bool training,
                              std::optional<at::Generator> generator);
at::Tensor& rrelu_with_noise_out(const at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                                 const at::Scalar& upper, bool training,
                                 std::optional<at::Generator> generator, at::Tensor& out);

// random_hosted.cc
at::Tensor poisson(const at::Tensor& self, std::optional<at::Generator> generator);
at::Tensor binomial(const at::Tensor& count, const at::Tensor& prob,
                    std::optional<at::Generator> generator);
at::Tensor standard_gamma(const at::Tensor& self, std::optional<at::Generator> generator);
at::Tensor sample_dirichlet(const at::Tensor& self, std::optional<at::Generator> generator);

// conv_depthwise.cc
at::Tensor conv_depthwise2d(const at::Tensor& self, const at::Tensor& weight,
                            c10::SymIntArrayRef kernel_size, const std::optional<at::Tensor>& bias,
                            c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                            c10::SymIntArrayRef dilation);
at::Tensor& conv_depthwise2d_out(const at::Tensor& self, const at::Tensor& weight,
                                 c10::SymIntArrayRef kernel_size,
                                 const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                                 c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                                 at::Tensor& out);
at::Tensor conv_depthwise3d(const at::Tensor& self, const at::Tensor& weight,
                            c10::SymIntArrayRef kernel_size, const std::optional<at::Tensor>& bias,
                            c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                            c10::SymIntArrayRef dilation);

// cudnn.cc
at::Tensor cudnn_convolution(const at::Tensor& self, const at::Tensor& weight,
                             c10::SymIntArrayRef padding, c10::SymIntArrayRef stride,
                             c10::SymIntArrayRef dilation, c10::SymInt groups, bool benchmark,
                             bool deterministic, bool allow_tf32);
at::Tensor& cudnn_convolution_out(const at::Tensor& self, const at::Tensor& weight,
                                  c10::SymIntArrayRef padding, c10::SymIntArrayRef stride,
                                  c10::SymIntArrayRef dilation, c10::SymInt groups, bool benchmark,
                                  bool deterministic, bool allow_tf32, at::Tensor& out);
at::Tensor cudnn_convolution_transpose(const at::Tensor& self, const at::Tensor& weight,
                                       c10::SymIntArrayRef padding,
                                       c10::SymIntArrayRef output_padding,
                                       c10::SymIntArrayRef stride, c10::SymIntArrayRef dilation,
                                       c10::SymInt groups, bool benchmark, bool deterministic,
                                       bool allow_tf32);
at::Tensor cudnn_convolution_relu(const at::Tensor& self, const at::Tensor& weight,
                                  const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                                  c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                                  c10::SymInt groups);
at::Tensor cudnn_convolution_add_relu(const at::Tensor& self, const at::Tensor& weight,
                                      const at::Tensor& z, const std::optional<at::Scalar>& alpha,
                                      const std::optional<at::Tensor>& bias,
                                      c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                                      c10::SymIntArrayRef dilation, c10::SymInt groups);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> cudnn_batch_norm(
    const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
    const std::optional<at::Tensor>& running_mean, const std::optional<at::Tensor>& running_var,
    bool training, double exponential_average_factor, double epsilon);
std::tuple<at::Tensor&, at::Tensor&, at::Tensor&, at::Tensor&> cudnn_batch_norm_out(
    const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
    const std::optional<at::Tensor>& running_mean, const std::optional<at::Tensor>& running_var,
    bool training, double exponential_average_factor, double epsilon, at::Tensor& out0,
    at::Tensor& out1, at::Tensor& out2, at::Tensor& out3);
std::tuple<at::Tensor, at::Tensor, at::Tensor> cudnn_batch_norm_backward(
    const at::Tensor& input, const at::Tensor& grad_output, const at::Tensor& weight,
    const std::optional<at::Tensor>& running_mean, const std::optional<at::Tensor>& running_var,
    const std::optional<at::Tensor>& save_mean, const std::optional<at::Tensor>& save_var,
    double epsilon, const at::Tensor& reserveSpace);
at::Tensor cudnn_grid_sampler(const at::Tensor& self, const at::Tensor& grid);
std::tuple<at::Tensor, at::Tensor> cudnn_grid_sampler_backward(const at::Tensor& self,
                                                               const at::Tensor& grid,
                                                               const at::Tensor& grad_output);
at::Tensor cudnn_affine_grid_generator(const at::Tensor& theta, int64_t N, int64_t C, int64_t H,
                                       int64_t W);
at::Tensor cudnn_affine_grid_generator_backward(const at::Tensor& grad, int64_t N, int64_t C,
                                                int64_t H, int64_t W);

// flash_attention.cc
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
scaled_dot_product_flash_attention(const at::Tensor& query, const at::Tensor& key,
                                   const at::Tensor& value, double dropout_p, bool is_causal,
                                   bool return_debug_mask, std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_flash_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k, c10::SymInt max_q, c10::SymInt max_k,
    double dropout_p, bool is_causal, const at::Tensor& philox_seed,
    const at::Tensor& philox_offset, std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor> flash_attention_forward(
    const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const std::optional<at::Tensor>& cum_seq_q, const std::optional<at::Tensor>& cum_seq_k,
    c10::SymInt max_q, c10::SymInt max_k, double dropout_p, bool is_causal, bool return_debug_mask,
    std::optional<double> scale, std::optional<c10::SymInt> window_size_left,
    std::optional<c10::SymInt> window_size_right, const std::optional<at::Tensor>& seqused_k,
    const std::optional<at::Tensor>& alibi_slopes, const std::optional<at::Tensor>& block_table,
    std::optional<int64_t> num_splits);
at::Tensor flash_attention_forward_no_dropout_inplace(
    at::Tensor& out, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const std::optional<at::Tensor>& cum_seq_q, const std::optional<at::Tensor>& cum_seq_k,
    c10::SymInt max_q, c10::SymInt max_k, double dropout_p, bool is_causal, bool return_debug_mask,
    std::optional<double> scale, std::optional<c10::SymInt> window_size_left,
    std::optional<c10::SymInt> window_size_right, const std::optional<at::Tensor>& seqused_k,
    const std::optional<at::Tensor>& alibi_slopes, const std::optional<at::Tensor>& block_table,
    std::optional<int64_t> num_splits);
std::tuple<at::Tensor, at::Tensor, at::Tensor> flash_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k, c10::SymInt max_q, c10::SymInt max_k,
    double dropout_p, bool is_causal, const at::Tensor& rng_state, const at::Tensor& unused,
    std::optional<double> scale, std::optional<c10::SymInt> window_size_left,
    std::optional<c10::SymInt> window_size_right);

// efficient_attention.cc
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_efficient_attention(
    const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
    const std::optional<at::Tensor>& attn_bias, bool compute_log_sumexp, double dropout_p,
    bool is_causal, std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>
scaled_dot_product_efficient_attention_backward(
    const at::Tensor& grad_out_, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& attn_bias, const at::Tensor& out,
    const at::Tensor& logsumexp, const at::Tensor& philox_seed, const at::Tensor& philox_offset,
    double dropout_p, std::array<bool, 4> grad_input_mask, bool is_causal,
    std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt>
efficient_attention_forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const std::optional<at::Tensor>& bias,
                            const std::optional<at::Tensor>& cu_seqlens_q,
                            const std::optional<at::Tensor>& cu_seqlens_k,
                            std::optional<c10::SymInt> max_seqlen_q,
                            std::optional<c10::SymInt> max_seqlen_k, double dropout_p,
                            int64_t custom_mask_type, bool compute_log_sumexp,
                            std::optional<double> scale, const std::optional<at::Tensor>& seqlen_k,
                            std::optional<int64_t> window_size);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> efficient_attention_backward(
    const at::Tensor& grad_out_, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const std::optional<at::Tensor>& bias, const at::Tensor& out,
    const std::optional<at::Tensor>& cu_seqlens_q, const std::optional<at::Tensor>& cu_seqlens_k,
    c10::SymInt max_seqlen_q, c10::SymInt max_seqlen_k, const at::Tensor& logsumexp,
    double dropout_p, const at::Tensor& philox_seed, const at::Tensor& philox_offset,
    int64_t custom_mask_type, bool bias_requires_grad, std::optional<double> scale,
    std::optional<int64_t> num_splits_key, std::optional<int64_t> window_size,
    bool shared_storage_dqdkdv);
at::Tensor& fill_mem_eff_dropout_mask(at::Tensor& self, double dropout_p, int64_t seed,
                                      int64_t offset);

// cudnn_attention.cc
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
scaled_dot_product_cudnn_attention(const at::Tensor& query, const at::Tensor& key,
                                   const at::Tensor& value,
                                   const std::optional<at::Tensor>& attn_bias,
                                   bool compute_log_sumexp, double dropout_p, bool is_causal,
                                   bool return_debug_mask, std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor> scaled_dot_product_cudnn_attention_backward(
    const at::Tensor& grad_out, const at::Tensor& query, const at::Tensor& key,
    const at::Tensor& value, const at::Tensor& out, const at::Tensor& logsumexp,
    const at::Tensor& philox_seed, const at::Tensor& philox_offset, const at::Tensor& attn_bias,
    const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k, c10::SymInt max_q, c10::SymInt max_k,
    double dropout_p, bool is_causal, std::optional<double> scale);
std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt, at::Tensor,
           at::Tensor, at::Tensor>
cudnn_attention_forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                        const std::optional<at::Tensor>& attn_bias,
                        const std::optional<at::Tensor>& cum_seq_q,
                        const std::optional<at::Tensor>& cum_seq_k, c10::SymInt max_q,
                        c10::SymInt max_k, bool compute_log_sumexp, double dropout_p,
                        bool is_causal, bool return_debug_mask, std::optional<double> scale);

}  // namespace torchdevice::kernels

/// K(struct of at::_ops, function of torchdevice::kernels) for each of these operators.
#define TORCHDEVICE_HOST_KERNELS(K)                                                            \
  K(_thnn_fused_lstm_cell, thnn_fused_lstm_cell)                                               \
  K(_thnn_fused_lstm_cell_backward_impl, thnn_fused_lstm_cell_backward_impl)                   \
  K(_thnn_fused_gru_cell, thnn_fused_gru_cell)                                                 \
  K(_thnn_fused_gru_cell_backward, thnn_fused_gru_cell_backward)                               \
  K(batch_norm_stats, batch_norm_stats)                                                        \
  K(batch_norm_elemt, batch_norm_elemt)                                                        \
  K(batch_norm_elemt_out, batch_norm_elemt_out)                                                \
  K(batch_norm_gather_stats, batch_norm_gather_stats)                                          \
  K(batch_norm_gather_stats_with_counts, batch_norm_gather_stats_with_counts)                  \
  K(batch_norm_backward_reduce, batch_norm_backward_reduce)                                    \
  K(batch_norm_backward_elemt, batch_norm_backward_elemt)                                      \
  K(_fused_rms_norm_backward, fused_rms_norm_backward)                                         \
  K(_use_cudnn_ctc_loss, use_vendor_ctc_loss)                                                  \
  K(_use_cudnn_ctc_loss_Tensor, use_vendor_ctc_loss_tensor)                                    \
  K(_use_miopen_ctc_loss, use_vendor_ctc_loss)                                                 \
  K(_use_miopen_ctc_loss_Tensor, use_vendor_ctc_loss_tensor)                                   \
  K(mm_dtype, mm_dtype)                                                                        \
  K(mm_dtype_out, mm_dtype_out)                                                                \
  K(bmm_dtype, bmm_dtype)                                                                      \
  K(bmm_dtype_out, bmm_dtype_out)                                                              \
  K(addmm_dtype, addmm_dtype)                                                                  \
  K(addmm_dtype_out, addmm_dtype_out)                                                          \
  K(baddbmm_dtype, baddbmm_dtype)                                                              \
  K(baddbmm_dtype_out, baddbmm_dtype_out)                                                      \
  K(native_dropout, native_dropout)                                                            \
  K(uniform_, uniform_)                                                                        \
  K(log_normal_, log_normal_)                                                                  \
  K(cauchy_, cauchy_)                                                                          \
  K(exponential_, exponential_)                                                                \
  K(geometric_, geometric_)                                                                    \
  K(bernoulli__float, bernoulli_float_)                                                        \
  K(bernoulli__Tensor, bernoulli_tensor_)                                                      \
  K(bernoulli_out, bernoulli_out)                                                              \
  K(random_, random_)                                                                          \
  K(random__from, random_from_)                                                                \
  K(random__to, random_to_)                                                                    \
  K(normal_, normal_)                                                                          \
  K(normal_Tensor_float, normal_tensor_float)                                                  \
  K(normal_float_Tensor, normal_float_tensor)                                                  \
  K(normal_Tensor_Tensor, normal_tensor_tensor)                                                \
  K(normal_Tensor_float_out, normal_tensor_float_out)                                          \
  K(normal_float_Tensor_out, normal_float_tensor_out)                                          \
  K(normal_Tensor_Tensor_out, normal_tensor_tensor_out)                                        \
  K(randperm_generator_out, randperm_out)                                                      \
  K(multinomial, multinomial)                                                                  \
  K(multinomial_out, multinomial_out)                                                          \
  K(rrelu_with_noise, rrelu_with_noise)                                                        \
  K(rrelu_with_noise_, rrelu_with_noise_)                                                      \
  K(rrelu_with_noise_out, rrelu_with_noise_out)                                                \
  K(poisson, poisson)                                                                          \
  K(binomial, binomial)                                                                        \
  K(_standard_gamma, standard_gamma)                                                           \
  K(_sample_dirichlet, sample_dirichlet)                                                       \
  K(_fused_dropout, fused_dropout)                                                             \
  K(_masked_scale, masked_scale)                                                               \
  K(_conv_depthwise2d, conv_depthwise2d)                                                       \
  K(_conv_depthwise2d_out, conv_depthwise2d_out)                                               \
  K(conv_depthwise3d, conv_depthwise3d)                                                        \
  K(cudnn_convolution, cudnn_convolution)                                                      \
  K(cudnn_convolution_out, cudnn_convolution_out)                                              \
  K(cudnn_convolution_transpose, cudnn_convolution_transpose)                                  \
  K(cudnn_convolution_relu, cudnn_convolution_relu)                                            \
  K(cudnn_convolution_add_relu, cudnn_convolution_add_relu)                                    \
  K(cudnn_batch_norm, cudnn_batch_norm)                                                        \
  K(cudnn_batch_norm_out, cudnn_batch_norm_out)                                                \
  K(cudnn_batch_norm_backward, cudnn_batch_norm_backward)                                      \
  K(cudnn_grid_sampler, cudnn_grid_sampler)                                                    \
  K(cudnn_grid_sampler_backward, cudnn_grid_sampler_backward)                                  \
  K(cudnn_affine_grid_generator, cudnn_affine_grid_generator)                                  \
  K(cudnn_affine_grid_generator_backward, cudnn_affine_grid_generator_backward)                \
  K(_fused_sdp_choice, fused_sdp_choice)                                                       \
  K(_scaled_dot_product_flash_attention, scaled_dot_product_flash_attention)                   \
  K(_scaled_dot_product_flash_attention_backward, scaled_dot_product_flash_attention_backward) \
  K(_flash_attention_forward, flash_attention_forward)                                         \
  K(_flash_attention_forward_no_dropout_inplace, flash_attention_forward_no_dropout_inplace)   \
  K(_flash_attention_backward, flash_attention_backward)                                       \
  K(_scaled_dot_product_efficient_attention, scaled_dot_product_efficient_attention)           \
  K(_scaled_dot_product_efficient_attention_backward,                                          \
    scaled_dot_product_efficient_attention_backward)                                           \
  K(_efficient_attention_forward, efficient_attention_forward)                                 \
  K(_efficient_attention_backward, efficient_attention_backward)                               \
  K(_fill_mem_eff_dropout_mask_, fill_mem_eff_dropout_mask)                                    \
  K(_scaled_dot_product_cudnn_attention, scaled_dot_product_cudnn_attention)                   \
  K(_scaled_dot_product_cudnn_attention_backward, scaled_dot_product_cudnn_attention_backward) \
  K(_cudnn_attention_forward, cudnn_attention_forward)                                         \
  K(_cudnn_attention_backward, scaled_dot_product_cudnn_attention_backward)                    \
  K(_cudnn_ctc_loss, WithoutCudnn<at::_ops::_cudnn_ctc_loss>::call)                            \
  K(_cudnn_ctc_loss_Tensor, WithoutCudnn<at::_ops::_cudnn_ctc_loss_Tensor>::call)              \
  K(_cudnn_rnn, WithoutCudnn<at::_ops::_cudnn_rnn>::call)                                      \
  K(_cudnn_rnn_backward, WithoutCudnn<at::_ops::_cudnn_rnn_backward>::call)                    \
  K(_cudnn_rnn_flatten_weight, WithoutCudnn<at::_ops::_cudnn_rnn_flatten_weight>::call)        \
  K(_cudnn_init_dropout_state, WithoutCudnn<at::_ops::_cudnn_init_dropout_state>::call)        \
  K(miopen_batch_norm, WithoutMiopen<at::_ops::miopen_batch_norm>::call)                       \
  K(miopen_batch_norm_backward, WithoutMiopen<at::_ops::miopen_batch_norm_backward>::call)     \
  K(miopen_convolution, WithoutMiopen<at::_ops::miopen_convolution>::call)                     \
  K(miopen_convolution_add_relu, WithoutMiopen<at::_ops::miopen_convolution_add_relu>::call)   \
  K(miopen_convolution_relu, WithoutMiopen<at::_ops::miopen_convolution_relu>::call)           \
  K(miopen_convolution_transpose, WithoutMiopen<at::_ops::miopen_convolution_transpose>::call) \
  K(miopen_ctc_loss, WithoutMiopen<at::_ops::miopen_ctc_loss>::call)                           \
  K(miopen_ctc_loss_Tensor, WithoutMiopen<at::_ops::miopen_ctc_loss_Tensor>::call)             \
  K(miopen_depthwise_convolution, WithoutMiopen<at::_ops::miopen_depthwise_convolution>::call) \
  K(miopen_rnn, WithoutMiopen<at::_ops::miopen_rnn>::call)                                     \
  K(miopen_rnn_backward, WithoutMiopen<at::_ops::miopen_rnn_backward>::call)

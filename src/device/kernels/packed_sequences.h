#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "device/kernels/attention_core.h"

namespace torchdevice::kernels {

/// A batch of sequences of different lengths that lie one behind the other in [total, heads, size]
/// tensors: CUDA's attention kernels call them variable-length (`cu_seqlens`).
class PackedSequences {
 public:
  /// `cum_seq_*`: where each sequence begins in the queries and in the keys, and the totals.
  PackedSequences(const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k);

  int64_t count() const { return static_cast<int64_t>(queries_.size()) - 1; }

  /// Sequence `index` of packed queries (or of anything of their length), and of packed keys or
  /// values, as views [1, heads, length, size].
  at::Tensor queries(const at::Tensor& packed, int64_t index) const;
  at::Tensor keys(const at::Tensor& packed, int64_t index) const;

  /// Sequence `index` of one number for each head and query, [heads, total], as a view
  /// [1, heads, length].
  at::Tensor rows(const at::Tensor& packed, int64_t index) const;

  int64_t query_length(int64_t index) const { return queries_[index + 1] - queries_[index]; }
  int64_t key_length(int64_t index) const { return keys_[index + 1] - keys_[index]; }

  /// Dropout factors for the whole batch, and the part for sequence `index`; undefined if `p` is 0.
  at::Tensor dropout(int64_t heads, int64_t max_q, int64_t max_k, double p, PhiloxState seed) const;
  at::Tensor factors(const at::Tensor& dropout, int64_t index) const;

 private:
  std::vector<int64_t> queries_;
  std::vector<int64_t> keys_;
};

/// [batch, length, heads, size] to [batch, heads, length, size], or back.
inline at::Tensor swap_heads(const at::Tensor& tensor) { return tensor.transpose(1, 2); }

}  // namespace torchdevice::kernels

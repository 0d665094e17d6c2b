#include "device/kernels/packed_sequences.h"

namespace torchdevice::kernels {
namespace {

std::vector<int64_t> read(const at::Tensor& cum_seq) {
  const at::Tensor host = cum_seq.cpu().to(at::kLong).contiguous();
  const auto* values = host.const_data_ptr<int64_t>();
  return {values, values + host.numel()};
}

at::Tensor sequence(const at::Tensor& packed, const std::vector<int64_t>& bounds, int64_t index) {
  return packed.slice(0, bounds[index], bounds[index + 1]).transpose(0, 1).unsqueeze(0);
}

}  // namespace

PackedSequences::PackedSequences(const at::Tensor& cum_seq_q, const at::Tensor& cum_seq_k)
    : queries_(read(cum_seq_q)), keys_(read(cum_seq_k)) {
  TORCH_CHECK(queries_.size() == keys_.size() && !queries_.empty(),
              "cumulative sequence lengths of queries and keys must be of one size, but got ",
              cum_seq_q.sizes(), " and ", cum_seq_k.sizes());
}

at::Tensor PackedSequences::queries(const at::Tensor& packed, int64_t index) const {
  return sequence(packed, queries_, index);
}

at::Tensor PackedSequences::keys(const at::Tensor& packed, int64_t index) const {
  return sequence(packed, keys_, index);
}

at::Tensor PackedSequences::rows(const at::Tensor& packed, int64_t index) const {
  return packed.slice(1, queries_[index], queries_[index + 1]).unsqueeze(0);
}

at::Tensor PackedSequences::dropout(int64_t heads, int64_t max_q, int64_t max_k, double p,
                                    PhiloxState seed) const {
  return dropout_factors({count(), heads, max_q, max_k}, p, seed);
}

at::Tensor PackedSequences::factors(const at::Tensor& dropout, int64_t index) const {
  if (!dropout.defined()) {
    return {};
  }
  return dropout.slice(0, index, index + 1)
      .narrow(2, 0, query_length(index))
      .narrow(3, 0, key_length(index));
}

}  // namespace torchdevice::kernels

#include <ATen/Dispatch.h>
#include <ATen/Utils.h>
#include <ATen/core/Tensor.h>
#include <ATen/native/TensorFactories.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "device/generator.h"
#include "device/kernels/host_kernels.h"
#include "device/philox.h"

// randperm as native/cuda/Randperm.cu and Randperm.cuh do it: the numbers 0 to n - 1 are sorted by
// random keys of few bits, and those with equal keys are shuffled among themselves.

namespace torchdevice::kernels {
namespace {

/// How many bits of the keys are looked at, so that all are different with probability 0.9.
int key_bits(int64_t n) {
  const auto count = static_cast<double>(n);
  const double bits = std::ceil(std::log2(count - (6 * count * count + 1) / (12 * std::log(0.9))));
  return std::min(64, static_cast<int>(bits));
}

/// The words by which CUDA's radix sort orders `n` random integers of type Key: their lowest `bits`
/// bits, as unsigned numbers if the sign is not among them.
template <class Key>
std::vector<uint64_t> sort_keys(int64_t n, int bits, const at::Generator& generator) {
  using Limits = std::numeric_limits<Key>;
  at::Tensor drawn = at::empty({n}, c10::CppTypeToScalarType<Key>::value);
  random_from_(drawn, Limits::min(), Limits::max(), generator);
  constexpr int kWidth = 8 * sizeof(Key);
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  const uint64_t sign = bits == kWidth ? uint64_t{1} << (kWidth - 1) : 0;
  std::vector<uint64_t> keys(static_cast<std::size_t>(n));
  std::transform(drawn.const_data_ptr<Key>(), drawn.const_data_ptr<Key>() + n, keys.begin(),
                 [&](Key key) { return (static_cast<uint64_t>(key) & mask) ^ sign; });
  return keys;
}

/// The positions 0 to n - 1, and the keys with them, in order of the keys; equal keys keep their
/// order.
std::vector<int64_t> radix_sort(std::vector<uint64_t>& keys, int bits) {
  constexpr int kDigit = 8;
  std::vector<int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<uint64_t> next_keys(keys.size());
  std::vector<int64_t> next_order(keys.size());
  for (int shift = 0; shift < bits; shift += kDigit) {
    const auto digit = [&](uint64_t key) { return key >> shift & ((1 << kDigit) - 1); };
    std::array<std::size_t, 1 << kDigit> place{};
    for (const uint64_t key : keys) ++place[digit(key)];
    std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::size_t to = place[digit(keys[i])]++;
      next_keys[to] = keys[i];
      next_order[to] = order[i];
    }
    keys.swap(next_keys);
    order.swap(next_order);
  }
  return order;
}

/// Fisher and Yates on values[first] to values[last - 1], with one word of the subsequence `first`
/// a step.
void shuffle(std::vector<int64_t>& values, std::size_t first, std::size_t last,
             const PhiloxState& state) {
  uint64_t drawn = 0;
  philox::Counter words{};
  for (auto i = static_cast<uint32_t>(last - first - 1); i > 0; --i, ++drawn) {
    if (drawn % 4 == 0) words = philox::generate(state.seed, first, (state.offset + drawn) / 4);
    std::swap(values[first + i], values[first + words[drawn % 4] % (i + 1)]);
  }
}

void shuffle_islands(const std::vector<uint64_t>& keys, std::vector<int64_t>& values,
                     const PhiloxState& state) {
  for (std::size_t first = 0; first < keys.size();) {
    std::size_t last = first + 1;
    while (last < keys.size() && keys[last] == keys[first]) ++last;
    if (last - first > 1) shuffle(values, first, last, state);
    first = last;
  }
}

}  // namespace

at::Tensor& randperm_out(c10::SymInt symbolic_n, std::optional<at::Generator> given,
                         at::Tensor& out) {
  const int64_t n = symbolic_n.guard_int(__FILE__, __LINE__);
  TORCH_CHECK(n >= 0, "n must be non-negative, got", n);
  at::native::check_supported_max_int_with_precision(n, out);
  out.resize_({n});
  if (n == 0) return out;
  const int bits = key_bits(n);
  auto keys =
      bits <= 32 ? sort_keys<int32_t>(n, bits, *given) : sort_keys<int64_t>(n, bits, *given);
  auto values = radix_sort(keys, bits);
  auto& generator = *at::check_generator<CudaGenerator>(given);
  shuffle_islands(keys, values, generator.philox_state(static_cast<uint64_t>(n)));
  const at::Tensor result = out.is_contiguous() ? out : at::empty({n}, out.options());
  AT_DISPATCH_ALL_TYPES_AND(at::kHalf, result.scalar_type(), "randperm_out_cuda", [&] {
    std::transform(values.begin(), values.end(), result.mutable_data_ptr<scalar_t>(),
                   [](int64_t value) { return static_cast<scalar_t>(value); });
  });
  if (!out.is_contiguous()) out.copy_(result);
  return out;
}

}  // namespace torchdevice::kernels

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/Utils.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <limits>

#include "device/generator.h"
#include "device/kernels/host_kernels.h"
#include "device/kernels/random_values.h"
#include "device/philox.h"

// multinomial: the checks and the way without replacement are those of native/Distributions.cpp,
// which CUDA shares with the CPU; with replacement, of native/cuda/MultinomialKernel.cu.

namespace torchdevice::kernels {
namespace {

/// The largest integer up to which float has all of them.
constexpr int64_t kMaxCategories = int64_t{1} << std::numeric_limits<float>::digits;

void check_arguments(const at::Tensor& self, int64_t samples, bool replacement,
                     const at::Tensor& out) {
  TORCH_CHECK(self.dim() > 0 && self.dim() <= 2, "prob_dist must be 1 or 2 dim");
  TORCH_CHECK(
      at::isFloatingType(self.scalar_type()),
      "multinomial only supports floating-point dtypes for input, got: ", self.scalar_type());
  TORCH_CHECK(out.scalar_type() == at::kLong,
              "multinomial expects Long tensor out, got: ", out.scalar_type());
  TORCH_CHECK(samples > 0, "cannot sample n_sample <= 0 samples");
  TORCH_CHECK(replacement || samples <= self.size(-1),
              "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  TORCH_CHECK(self.size(-1) <= kMaxCategories, "number of categories cannot exceed 2^24");
}

void check_probabilities(const at::Tensor& self) {
  const bool valid =
      ((self.max() < std::numeric_limits<double>::infinity()) & (self.min() >= 0)).item<bool>();
  TORCH_CHECK(valid, "probability tensor contains either `inf`, `nan` or element < 0");
  TORCH_CHECK(!(self.sum(-1) == 0).any().item<bool>(),
              "invalid multinomial distribution (sum of probabilities <= 0)");
}

/// The largest of p / q, where q is exponentially distributed.
void sample_without_replacement(const at::Tensor& self, int64_t samples,
                                std::optional<at::Generator> generator, at::Tensor& out) {
  at::Tensor ratios = at::empty_like(self);
  exponential_(ratios, 1, std::move(generator));
  at::div_out(ratios, self, ratios);
  if (samples == 1) {
    at::argmax_out(out, ratios, -1, /*keepdim=*/true);
  } else {
    at::Tensor values = at::empty(out.sizes(), self.options());
    at::topk_out(values, out, ratios, samples);
  }
}

/// The first category whose cumulated probability reaches `number`, or one before it that is not
/// impossible.
template <class T>
int64_t find_category(const T* cumulated, const T* probabilities, int64_t categories, T number) {
  int64_t found = std::lower_bound(cumulated, cumulated + categories, number) - cumulated;
  found = std::min(found, categories - 1);
  while (found >= 1 && probabilities[found] == 0) --found;
  return found;
}

/// `probabilities` [rows, categories]; thread i of a row draws its sample i with a block of words
/// of its own, and takes row + kMaxGrid next.
void sample_with_replacement(const at::Tensor& probabilities, int64_t samples,
                             CudaGenerator& generator, at::Tensor& out) {
  constexpr int64_t kBlock = 128;
  constexpr int64_t kMaxGrid = 65535;  // cudaDeviceProp::maxGridSize[1]
  const int64_t rows = probabilities.size(0);
  const int64_t categories = probabilities.size(1);
  const int64_t grid = std::min(rows, kMaxGrid);
  const int64_t threads = ((samples - 1) / kBlock + 1) * kBlock;  // of a row
  const PhiloxState state =
      generator.philox_state(static_cast<uint64_t>((rows - 1) / grid + 1) * 4);
  const at::Tensor normalized =
      (probabilities / probabilities.sum(1, /*keepdim=*/true)).contiguous();
  const at::Tensor cumulated = normalized.cumsum(1, normalized.scalar_type()).contiguous();
  philox::Words words;
  Values<float, 4> numbers;
  auto* chosen = out.mutable_data_ptr<int64_t>();
  AT_DISPATCH_FLOATING_TYPES_AND2(
      at::kHalf, at::kBFloat16, normalized.scalar_type(), "multinomial_kernel_cuda", [&] {
        for (int64_t row = 0; row < rows; ++row) {
          const scalar_t* p = normalized.const_data_ptr<scalar_t>() + row * categories;
          const scalar_t* sums = cumulated.const_data_ptr<scalar_t>() + row * categories;
          const auto block = state.offset / 4 + static_cast<uint64_t>(row / grid);
          for (int64_t sample = 0; sample < samples; sample += philox::kLanes) {
            const auto lanes =
                static_cast<int>(std::min<int64_t>(philox::kLanes, samples - sample));
            philox::generate_lanes(state.seed, static_cast<uint64_t>(row % grid * threads + sample),
                                   block, lanes, words);
            draw_uniform(words, lanes, 1, 1.0F, 0.0F, numbers);
            for (int i = 0; i < lanes; ++i) {
              *chosen++ =
                  find_category(sums, p, categories, static_cast<scalar_t>(numbers.at[0][i]));
            }
          }
        }
      });
}

}  // namespace

at::Tensor& multinomial_out(const at::Tensor& self, c10::SymInt symbolic_samples, bool replacement,
                            std::optional<at::Generator> given, at::Tensor& out) {
  const int64_t samples = symbolic_samples.guard_int(__FILE__, __LINE__);
  check_arguments(self, samples, replacement, out);
  out.resize_(self.dim() == 1 ? std::vector<int64_t>{samples}
                              : std::vector<int64_t>{self.size(0), samples});
  if (out.numel() == 0) return out;
  check_probabilities(self);
  if (!replacement || samples == 1) {
    sample_without_replacement(self, samples, std::move(given), out);
    return out;
  }
  auto& generator = *at::check_generator<CudaGenerator>(given);
  at::Tensor result = out.is_contiguous() ? out : at::empty(out.sizes(), out.options());
  sample_with_replacement(self.dim() == 1 ? self.unsqueeze(0) : self, samples, generator, result);
  if (!result.is_same(out)) out.copy_(result);
  return out;
}

at::Tensor multinomial(const at::Tensor& self, c10::SymInt samples, bool replacement,
                       std::optional<at::Generator> generator) {
  at::Tensor out = at::empty({0}, self.options().dtype(at::kLong));
  multinomial_out(self, std::move(samples), replacement, std::move(generator), out);
  return out;
}

}  // namespace torchdevice::kernels

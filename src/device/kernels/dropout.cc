#include <ATen/AccumulateType.h>
#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/Utils.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "device/generator.h"
#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"
#include "device/kernels/random_launch.h"

// native/cuda/Dropout.cu. Its launch is as large as that of the other random kernels
// (random_launch.h), but which thread has which element depends on the tensor: where its memory is
// dense and aligned, thread t of T has `vector` elements in a row, from (j * T + t) * vector in
// iteration j. `vector` is 1 for the others, which are counted as random_launch.h says.

namespace torchdevice::kernels {
namespace {

constexpr int kBlockOfNumbers = 4;

/// Elements that one thread loads at once: as many as fit into 16 bytes, if the address is aligned
/// to them and there is no remainder.
int vector_size(const at::Tensor& self) {
  if (!self.is_non_overlapping_and_dense()) return 1;
  const auto element = static_cast<int64_t>(self.element_size());
  const auto address = reinterpret_cast<uintptr_t>(self.const_data_ptr());
  int64_t size = 16 / element;
  while (size > 1 &&
         (address % static_cast<uintptr_t>(size * element) != 0 || self.numel() % size != 0)) {
    size /= 2;
  }
  return static_cast<int>(size);
}

/// One call of the kernel, on tensors that are counted in the order of their memory.
template <class T, class Mask>
class Dropout {
  using A = at::acc_type<T, /*is_cuda=*/true>;

 public:
  /// `p` is the probability of keeping an element.
  Dropout(const at::Tensor& input, const at::Tensor& output, const at::Tensor& mask, double p)
      : input_(input.const_data_ptr<T>()),
        output_(output.mutable_data_ptr<T>()),
        mask_(mask.mutable_data_ptr<Mask>()),
        numel_(static_cast<uint64_t>(input.numel())),
        p_(static_cast<A>(p)),
        scale_(static_cast<A>(1.0 / static_cast<A>(p))) {}

  void strided(const PhiloxState& state, uint64_t threads) {
    uint64_t block = state.offset / 4;
    for (uint64_t start = 0; start < numel_; start += kBlockOfNumbers * threads, ++block) {
      for_lanes(state.seed, block, std::min(threads, numel_ - start), [&](uint64_t thread, int s) {
        return start + thread + static_cast<uint64_t>(s) * threads;
      });
    }
  }

  void vectors(const PhiloxState& state, uint64_t threads, int vector) {
    const auto size = static_cast<uint64_t>(vector);
    const int blocks = (vector + kBlockOfNumbers - 1) / kBlockOfNumbers;  // of an iteration
    const int used = std::min(vector, kBlockOfNumbers);                   // of a block
    uint64_t block = state.offset / 4;
    for (uint64_t start = 0; start < numel_; start += threads * size) {
      const uint64_t active = std::min(threads, (numel_ - start) / size);
      for (int b = 0; b < blocks; ++b, ++block) {
        for_lanes(state.seed, block, active, [&](uint64_t thread, int s) {
          const uint64_t element =
              start + thread * size + static_cast<uint64_t>(b * kBlockOfNumbers + s);
          return s < used ? element : numel_;
        });
      }
    }
  }

 private:
  /// Number s of each of the threads decides about element_of(thread, s), if there is one.
  template <class ElementOf>
  void for_lanes(uint64_t seed, uint64_t block, uint64_t threads, const ElementOf& element_of) {
    for (uint64_t thread = 0; thread < threads; thread += philox::kLanes) {
      const auto lanes = static_cast<int>(std::min<uint64_t>(philox::kLanes, threads - thread));
      philox::generate_lanes(seed, thread, block, lanes, words_);
      draw_uniform(words_, lanes, kBlockOfNumbers, 1.0F, 0.0F, numbers_);
      for (int s = 0; s < kBlockOfNumbers; ++s) {
        for (int i = 0; i < lanes; ++i) {
          const uint64_t element = element_of(thread + static_cast<uint64_t>(i), s);
          if (element < numel_) decide(element, numbers_.at[s][i] < p_);
        }
      }
    }
  }

  void decide(uint64_t element, bool kept) {
    output_[element] =
        static_cast<T>(static_cast<A>(input_[element]) * static_cast<A>(kept) * scale_);
    mask_[element] = static_cast<Mask>(kept);
  }

  const T* input_;
  T* output_;
  Mask* mask_;
  uint64_t numel_;
  A p_;
  A scale_;
  philox::Words words_;
  Values<float, kBlockOfNumbers> numbers_;
};

template <class Mask>
std::tuple<at::Tensor, at::Tensor> dropout(const at::Tensor& self, double p,
                                           CudaGenerator& generator) {
  at::Tensor mask =
      at::empty_like(self, self.options().dtype(c10::CppTypeToScalarType<Mask>::value));
  if (self.numel() == 0) return {self.clone(), mask};
  at::Tensor result = at::empty_like(self);
  const LaunchShape shape = launch_shape(self.numel(), kBlockOfNumbers);
  const PhiloxState state = generator.philox_state(shape.increment);
  const int vector = vector_size(self);
  AT_DISPATCH_FLOATING_TYPES_AND2(
      at::kHalf, at::kBFloat16, self.scalar_type(), "fused_dropout", [&] {
        if (vector > 1) {
          Dropout<scalar_t, Mask>(self, result, mask, p).vectors(state, shape.threads, vector);
          return;
        }
        const at::Tensor rows = result.contiguous();
        const at::Tensor mask_rows = mask.contiguous();
        Dropout<scalar_t, Mask>(self.contiguous(), rows, mask_rows, p)
            .strided(state, shape.threads);
        if (!result.is_contiguous()) {
          result.copy_(rows);
          mask.copy_(mask_rows);
        }
      });
  return {std::move(result), std::move(mask)};
}

}  // namespace

/// The operator has no generator argument: the current device's default one is meant.
std::tuple<at::Tensor, at::Tensor> native_dropout(const at::Tensor& input, double p,
                                                  std::optional<bool> train) {
  const auto mask_options = input.options().dtype(at::kBool);
  if (!train.value_or(true)) return {input.clone(), at::ones_like(input, mask_options)};
  if (p == 1) return {at::zeros_like(input), at::zeros_like(input, mask_options)};
  const at::Generator generator = default_generator();
  return dropout<bool>(input, 1 - p, *generator.get<CudaGenerator>());
}

/// The dropout of the fused CUDA RNNs. `p` is the probability of keeping an element.
std::tuple<at::Tensor, at::Tensor> fused_dropout(const at::Tensor& self, double p,
                                                 std::optional<at::Generator> generator) {
  return dropout<uint8_t>(self, p, *at::check_generator<CudaGenerator>(generator));
}

at::Tensor masked_scale(const at::Tensor& self, const at::Tensor& mask, double scale) {
  TORCH_CHECK(mask.scalar_type() == at::kByte, "mask should be torch.uint8 dtype");
  return (to_compute_type(self) * mask).mul_(scale).to(self.scalar_type());
}

}  // namespace torchdevice::kernels

#pragma once

#include <ATen/core/Generator.h>
#include <ATen/native/TensorIterator.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "device/generator.h"
#include "device/kernels/random_values.h"
#include "device/philox.h"

/// CUDA's grid-stride kernel for distributions (native/cuda/DistributionTemplates.h,
/// distribution_nullary_kernel), element for element. Thread t of T draws one block of Philox words
/// an iteration, from its own subsequence, which gives it `unroll` numbers: in iteration j number s
/// belongs to element (j * unroll + s) * T + t, counted in TensorIterator's order. So the numbers
/// of a tensor of more than T elements depend on the card.

namespace torchdevice::kernels {

/// What calc_execution_policy says for the chosen card.
struct LaunchShape {
  uint64_t threads = 0;    ///< T: 256 a block, as many blocks as the card runs at once at most
  uint64_t increment = 0;  ///< what the generator's offset moves by
};

/// `numel` > 0 elements, `unroll` of them an iteration.
LaunchShape launch_shape(int64_t numel, int unroll);

/// The elements that an operator writes, in the order in which CUDA counts them.
class OutputElements {
 public:
  /// Of the only operand of `iter`, which must outlive this.
  explicit OutputElements(const at::TensorIteratorBase& iter)
      : iter_(iter),
        data_(static_cast<char*>(iter.data_ptr(0))),
        contiguous_(iter.numel() == 1 ||
                    (iter.ndim() == 1 && iter.strides(0)[0] == iter.element_size(0))) {}

  /// Elements first to first + count get transform(values[0]), transform(values[1]), …
  template <class T, class V, class Transform>
  void store(uint64_t first, int count, const V* values, const Transform& transform) const {
    if (contiguous_) {
      T* out = reinterpret_cast<T*>(data_) + first;
      for (int i = 0; i < count; ++i) out[i] = transform(values[i]);
    } else {
      for (int i = 0; i < count; ++i) {
        *reinterpret_cast<T*>(data_ + offset(first + static_cast<uint64_t>(i))) =
            transform(values[i]);
      }
    }
  }

 private:
  /// In bytes; the first dimension of a TensorIterator moves fastest.
  int64_t offset(uint64_t element) const {
    const at::IntArrayRef shape = iter_.shape();
    const at::IntArrayRef strides = iter_.strides(0);
    int64_t result = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const auto size = static_cast<uint64_t>(shape[d]);
      result += static_cast<int64_t>(element % size) * strides[d];
      element /= size;
    }
    return result;
  }

  const at::TensorIteratorBase& iter_;
  char* data_;
  bool contiguous_;
};

/// Runs the kernel on the elements of `iter`, of type T: `draw` is one of random_values.h with a
/// last argument of type Drawn, and `transform` makes an element of a number.
template <class T, class Drawn, class Draw, class Transform>
void launch(at::TensorIteratorBase& iter, CudaGenerator& generator, const Draw& draw,
            const Transform& transform) {
  const auto numel = static_cast<uint64_t>(iter.numel());
  if (numel == 0) return;
  constexpr int kUnroll = Drawn::kStreams;
  const LaunchShape shape = launch_shape(iter.numel(), kUnroll);
  const PhiloxState state = generator.philox_state(shape.increment);
  if (!iter.can_use_32bit_indexing()) {
    // As in CUDA, the numbers reserved for the whole are skipped.
    for (auto& part : iter.with_32bit_indexing()) {
      launch<T, Drawn>(part, generator, draw, transform);
    }
    return;
  }
  const OutputElements elements(iter);
  philox::Words words;
  Drawn drawn;
  uint64_t block = state.offset / 4;
  for (uint64_t start = 0; start < numel; start += kUnroll * shape.threads, ++block) {
    const uint64_t threads = std::min(shape.threads, numel - start);
    for (uint64_t thread = 0; thread < threads; thread += philox::kLanes) {
      const auto lanes = static_cast<int>(std::min<uint64_t>(philox::kLanes, threads - thread));
      const uint64_t first = start + thread;
      const auto streams = static_cast<int>(
          std::min<uint64_t>(kUnroll, (numel - first + shape.threads - 1) / shape.threads));
      philox::generate_lanes(state.seed, thread, block, lanes, words);
      draw(words, lanes, streams, drawn);
      for (int s = 0; s < streams; ++s) {
        const uint64_t element = first + static_cast<uint64_t>(s) * shape.threads;
        const auto count = static_cast<int>(std::min<uint64_t>(lanes, numel - element));
        elements.store<T>(element, count, drawn.at[s], transform);
      }
    }
  }
}

/// The numbers of a floating point kernel: pairs of doubles for double elements, and four floats
/// for all others.
template <class T>
using Floats = std::conditional_t<std::is_same_v<T, double>, Values<double, 2>, Values<float, 4>>;

/// A launch on uniform numbers u in (0, 1], as fma(u, scale, shift).
template <class T, class A, class Transform>
void launch_uniform(at::TensorIteratorBase& iter, CudaGenerator& generator, A scale, A shift,
                    const Transform& transform) {
  launch<T, Floats<T>>(
      iter, generator,
      [=](const philox::Words& words, int lanes, int streams, Floats<T>& out) {
        draw_uniform(words, lanes, streams, scale, shift, out);
      },
      transform);
}

}  // namespace torchdevice::kernels

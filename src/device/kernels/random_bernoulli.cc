#include <ATen/Dispatch.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Utils.h>
#include <ATen/core/Tensor.h>
#include <ATen/native/DistributionTemplates.h>

#include <algorithm>
#include <utility>

#include "device/generator.h"
#include "device/kernels/host_kernels.h"
#include "device/kernels/random_values.h"
#include "device/philox.h"

// bernoulli_ with a tensor of probabilities. CUDA's kernel (native/cuda/DistributionTemplates.h,
// bernoulli_tensor_cuda_kernel) is not the grid-stride one: each thread has four elements in a row.

namespace torchdevice::kernels {
namespace {

/// Two tensors of one shape, in the order in which CUDA_tensor_apply2 counts their elements
/// (cuda/CUDAApplyUtils.cuh): dimensions with larger strides are moved to the front, if that is
/// better for one of the tensors and not worse for the other. The last dimension moves fastest.
class PairOfElements {
 public:
  PairOfElements(const at::Tensor& a, const at::Tensor& b) {
    for (int64_t d = 0; d < a.dim(); ++d) {
      if (a.size(d) != 1) dims_.push_back({a.size(d), 0, a.stride(d), b.stride(d)});
    }
    for (std::size_t i = 0; i < dims_.size(); ++i) {
      for (std::size_t j = i + 1; j < dims_.size(); ++j) {
        const Dim& front = dims_[i];
        const Dim& back = dims_[j];
        const bool better = front.a < back.a || front.b < back.b;
        const bool worse = front.a > back.a || front.b > back.b;
        if (better && !worse) std::swap(dims_[i], dims_[j]);
      }
    }
  }

  /// Offsets of the current element.
  int64_t a() const { return a_; }
  int64_t b() const { return b_; }

  void next() {
    for (auto dim = dims_.rbegin(); dim != dims_.rend(); ++dim) {
      a_ += dim->a;
      b_ += dim->b;
      if (++dim->index < dim->size) return;
      a_ -= dim->size * dim->a;
      b_ -= dim->size * dim->b;
      dim->index = 0;
    }
  }

 private:
  struct Dim {
    int64_t size;
    int64_t index;
    int64_t a;  // stride
    int64_t b;  // stride
  };

  c10::SmallVector<Dim, 6> dims_;
  int64_t a_ = 0;
  int64_t b_ = 0;
};

template <class T, class P>
void fill(const at::Tensor& self, const at::Tensor& p, const PhiloxState& state) {
  constexpr int kElements = 4;  // of a thread
  T* out = self.mutable_data_ptr<T>();
  const P* probabilities = p.const_data_ptr<P>();
  PairOfElements pair(self, p);
  philox::Words words;
  Values<float, kElements> numbers;
  const int64_t numel = self.numel();
  constexpr int64_t kChunk = kElements * philox::kLanes;
  for (int64_t start = 0; start < numel; start += kChunk) {
    const auto count = static_cast<int>(std::min(kChunk, numel - start));
    const int lanes = (count + kElements - 1) / kElements;
    philox::generate_lanes(state.seed, static_cast<uint64_t>(start / kElements), state.offset / 4,
                           lanes, words);
    draw_uniform(words, lanes, kElements, 1.0F, 0.0F, numbers);
    for (int i = 0; i < count; ++i, pair.next()) {
      const P probability = probabilities[pair.b()];
      TORCH_CHECK(0 <= probability && probability <= 1,
                  "bernoulli_ expects all elements of p to be in [0, 1], but got p=", probability);
      out[pair.a()] = static_cast<T>(numbers.at[i % kElements][i / kElements] <= probability);
    }
  }
}

template <class Generator>
struct BernoulliTensorKernel {
  void operator()(const at::Tensor& self, const at::Tensor& p_,
                  std::optional<at::Generator> given) {
    auto& generator = *at::check_generator<Generator>(given);
    TORCH_CHECK(at::isFloatingType(p_.scalar_type()),
                "expected probabilities tensor to have floating type, got ", p_.scalar_type());
    const PhiloxState state = generator.philox_state(10);
    const at::Tensor converted =
        p_.to(self.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
    const auto p = at::expand_inplace(self, converted);
    AT_DISPATCH_ALL_TYPES_AND3(
        at::kHalf, at::kBFloat16, at::kBool, self.scalar_type(), "bernoulli_tensor_cuda_self_",
        [&] {
          using P = std::conditional_t<std::is_same_v<scalar_t, double>, double, float>;
          fill<scalar_t, P>(self, *p, state);
        });
  }
};

}  // namespace

at::Tensor& bernoulli_tensor_(at::Tensor& self, const at::Tensor& p,
                              std::optional<at::Generator> generator) {
  return at::native::templates::bernoulli_impl_<BernoulliTensorKernel, CudaGenerator>(self, p,
                                                                                      generator);
}

at::Tensor& bernoulli_out(const at::Tensor& self, std::optional<at::Generator> generator,
                          at::Tensor& out) {
  return at::native::templates::bernoulli_out_impl<BernoulliTensorKernel, CudaGenerator>(out, self,
                                                                                         generator);
}

}  // namespace torchdevice::kernels

#include <ATen/AccumulateType.h>
#include <ATen/Dispatch.h>
#include <ATen/Dispatch_v2.h>
#include <ATen/OpMathType.h>
#include <ATen/Utils.h>
#include <ATen/core/DistributionsHelper.h>  // and TransformationHelper.h
#include <ATen/native/DistributionTemplates.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "device/kernels/host_kernels.h"
#include "device/kernels/random_launch.h"

// The distributions that CUDA fills tensors with, by the grid-stride kernel. PyTorch's own
// templates check the arguments (ATen/native/DistributionTemplates.h, as for every device) and call
// the kernels here, which are those of native/cuda/DistributionTemplates.h: the same numbers, the
// same arithmetic in the same types, with a fused multiply-add where nvcc makes one.

namespace torchdevice::kernels {
namespace {

using at::TensorIteratorBase;
using OptionalGenerator = std::optional<at::Generator>;
namespace templates = at::native::templates;
namespace transformation = at::transformation;

/// The type that CUDA computes elements of type T in.
template <class T>
using Accumulate = at::acc_type<T, /*is_cuda=*/true>;

template <class T, class A, class Transform>
void launch_normal(TensorIteratorBase& iter, CudaGenerator& generator, A mean, A std,
                   const Transform& transform) {
  launch<T, Floats<T>>(
      iter, generator,
      [=](const philox::Words& words, int lanes, int streams, Floats<T>& out) {
        draw_normal(words, lanes, streams, std, mean, out);
      },
      transform);
}

template <class Generator>
struct UniformKernel {
  void operator()(TensorIteratorBase& iter, double from_, double to_, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::kHalf, at::kBFloat16, iter.dtype(), "uniform_kernel_cuda", [&] {
          using A = at::opmath_type<scalar_t>;
          const auto from = static_cast<scalar_t>(from_);
          const auto to = static_cast<scalar_t>(to_);
          launch_uniform<scalar_t, A>(iter, generator, static_cast<A>(to - from),
                                      static_cast<A>(from), [=](A number) {
                                        const auto value = static_cast<scalar_t>(number);
                                        return value == to ? from : value;
                                      });
        });
  }
};

template <class Generator>
struct NormalKernel {
  void operator()(const at::TensorBase& self, double mean, double std, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    auto iter = at::TensorIterator::borrowing_nullary_op(self);
    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::kHalf, at::kBFloat16, iter.dtype(), "normal_kernel_cuda", [&] {
          using A = Accumulate<scalar_t>;
          launch_normal<scalar_t, A>(iter, generator, static_cast<A>(mean), static_cast<A>(std),
                                     [](A number) { return static_cast<scalar_t>(number); });
        });
  }
};

template <class Generator>
struct LogNormalKernel {
  void operator()(TensorIteratorBase& iter, double mean, double std, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, iter.dtype(), "log_normal_cuda", [&] {
      using A = Accumulate<scalar_t>;
      launch_normal<scalar_t, A>(
          iter, generator, static_cast<A>(mean), static_cast<A>(std),
          [](A number) { return static_cast<scalar_t>(transformation::log_normal<A>(number)); });
    });
  }
};

template <class Generator>
struct CauchyKernel {
  void operator()(TensorIteratorBase& iter, double median_, double sigma_,
                  OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, iter.dtype(), "cauchy_cuda", [&] {
      using A = Accumulate<scalar_t>;
      const auto median = static_cast<A>(median_);
      const auto sigma = static_cast<A>(sigma_);
      launch_uniform<scalar_t, A>(iter, generator, A{1}, A{0}, [=](A number) {
        return static_cast<scalar_t>(transformation::cauchy<A>(number, median, sigma));
      });
    });
  }
};

template <class Generator>
struct ExponentialKernel {
  void operator()(TensorIteratorBase& iter, double lambda, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    TORCH_CHECK(at::isFloatingType(iter.dtype()),
                "Exponential distribution is a continuous probability distribution. dtype must be "
                "a floating point but you specified ",
                iter.dtype());
    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::kHalf, at::kBFloat16, iter.dtype(), "exponential_cuda", [&] {
          using A = Accumulate<scalar_t>;
          const A factor = A{-1} / static_cast<A>(lambda);
          launch<scalar_t, Floats<scalar_t>>(
              iter, generator,
              [=](const philox::Words& words, int lanes, int streams, Floats<scalar_t>& out) {
                draw_exponential(words, lanes, streams, factor, out);
              },
              [](A number) { return static_cast<scalar_t>(number); });
        });
  }
};

template <class Generator>
struct GeometricKernel {
  void operator()(TensorIteratorBase& iter, double p, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_ALL_TYPES_AND2(at::kHalf, at::kBFloat16, iter.dtype(), "geometric_cuda", [&] {
      using A = at::DiscreteDistributionType<scalar_t>::type;
      // As in CUDA, which has no fast log1p for float.
      const A log_of_failure = std::is_same_v<A, double>
                                   ? static_cast<A>(std::log1p(-p))
                                   : static_cast<A>(std::log(A{1} - static_cast<A>(p)));
      launch_uniform<scalar_t, A>(iter, generator, A{1}, A{0}, [=](A number) {
        return static_cast<scalar_t>(std::ceil(std::log(number) / log_of_failure));
      });
    });
  }
};

template <class Generator>
struct BernoulliKernel {
  void operator()(const at::TensorBase& self, double p, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    auto iter = at::TensorIterator::borrowing_nullary_op(self);
    AT_DISPATCH_ALL_TYPES_AND3(
        at::kHalf, at::kBFloat16, at::kBool, iter.dtype(), "bernoulli_scalar_cuda_", [&] {
          using A = at::DiscreteDistributionType<scalar_t>::type;
          const auto limit = static_cast<A>(p);
          launch_uniform<scalar_t, A>(iter, generator, A{1}, A{0}, [=](A number) {
            return static_cast<scalar_t>(number < limit);
          });
        });
  }
};

/// word % divisor by two multiplications (Lemire, Kaser and Kurz, "Faster remainder by direct
/// computation", 2019).
class Remainder {
 public:
  explicit Remainder(uint32_t divisor)
      : divisor_(divisor), reciprocal_(std::numeric_limits<uint64_t>::max() / divisor + 1) {}

  uint64_t operator()(uint32_t word) const {
    const uint64_t fraction = reciprocal_ * word;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(fraction) * divisor_) >> 64);
  }

 private:
  uint64_t divisor_;
  uint64_t reciprocal_;
};

template <class T, class Transform>
void launch_words(TensorIteratorBase& iter, CudaGenerator& generator, const Transform& transform) {
  launch<T, Values<uint32_t, 4>>(iter, generator, draw_words, transform);
}

template <class T, class Transform>
void launch_long_words(TensorIteratorBase& iter, CudaGenerator& generator,
                       const Transform& transform) {
  launch<T, Values<uint64_t, 2>>(iter, generator, draw_long_words, transform);
}

template <class Generator>
struct RandomKernel {
  void operator()(TensorIteratorBase& iter, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_ALL_TYPES_AND3(
        at::kHalf, at::kBFloat16, at::kBool, iter.dtype(), "random_kernel_cuda", [&] {
          if constexpr (std::is_same_v<scalar_t, double> || std::is_same_v<scalar_t, int64_t>) {
            launch_long_words<scalar_t>(iter, generator,
                                        transformation::uniform_int<scalar_t, uint64_t>);
          } else {
            launch_words<scalar_t>(iter, generator,
                                   transformation::uniform_int<scalar_t, uint32_t>);
          }
        });
  }
};

template <class Generator>
struct RandomFromToKernel {
  void operator()(TensorIteratorBase& iter, uint64_t range, int64_t base, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    // Above this, the remainder of a 32-bit word would be too unevenly spread.
    constexpr uint64_t kLongRange = uint64_t{1} << 28;
    AT_DISPATCH_V2(iter.dtype(), "random_from_to_kernel_cuda", AT_WRAP([&] {
                     if (range >= kLongRange) {
                       launch_long_words<scalar_t>(iter, generator, [=](uint64_t word) {
                         return transformation::uniform_int_from_to<scalar_t>(word, range, base);
                       });
                     } else {
                       const Remainder remainder(static_cast<uint32_t>(range));
                       launch_words<scalar_t>(iter, generator, [=](uint32_t word) {
                         return transformation::uniform_int_from_to<scalar_t>(remainder(word),
                                                                              range, base);
                       });
                     }
                   }),
                   AT_EXPAND(AT_ALL_TYPES), at::kBool, at::kHalf, at::kBFloat16,
                   AT_EXPAND(AT_BAREBONES_UNSIGNED_TYPES));
  }

  /// All of int64_t.
  void operator()(TensorIteratorBase& iter, OptionalGenerator given) {
    auto& generator = *at::check_generator<Generator>(given);
    AT_DISPATCH_ALL_TYPES_AND(
        at::kBFloat16, iter.dtype(), "random_full_64_bits_range_kernel_cuda", [&] {
          if constexpr (std::is_same_v<scalar_t, int64_t> || !std::is_integral_v<scalar_t>) {
            launch_long_words<scalar_t>(iter, generator,
                                        transformation::uniform_int_full_range<scalar_t, uint64_t>);
          } else {
            TORCH_CHECK(false,
                        "random_full_64_bits_range_kernel_cuda handles only int64, double, float "
                        "and bfloat16");
          }
        });
  }
};

}  // namespace

at::Tensor& uniform_(at::Tensor& self, double from, double to, OptionalGenerator generator) {
  return templates::uniform_impl_<UniformKernel, CudaGenerator>(self, from, to, generator);
}

at::Tensor& log_normal_(at::Tensor& self, double mean, double std, OptionalGenerator generator) {
  return templates::log_normal_impl_<LogNormalKernel, CudaGenerator>(self, mean, std, generator);
}

at::Tensor& cauchy_(at::Tensor& self, double median, double sigma, OptionalGenerator generator) {
  return templates::cauchy_impl_<CauchyKernel, CudaGenerator>(self, median, sigma, generator);
}

at::Tensor& exponential_(at::Tensor& self, double lambda, OptionalGenerator generator) {
  return templates::exponential_impl_<ExponentialKernel, CudaGenerator>(self, lambda, generator);
}

at::Tensor& geometric_(at::Tensor& self, double p, OptionalGenerator generator) {
  return templates::geometric_impl_<GeometricKernel, CudaGenerator>(self, p, generator);
}

at::Tensor& bernoulli_float_(at::Tensor& self, double p, OptionalGenerator generator) {
  return templates::bernoulli_impl_<BernoulliKernel, CudaGenerator>(self, p, generator);
}

at::Tensor& random_(at::Tensor& self, OptionalGenerator generator) {
  return templates::random_impl<RandomKernel, CudaGenerator>(self, generator);
}

at::Tensor& random_from_(at::Tensor& self, int64_t from, std::optional<int64_t> to,
                         OptionalGenerator generator) {
  return templates::random_from_to_impl<RandomFromToKernel, CudaGenerator>(self, from, to,
                                                                           generator);
}

at::Tensor& random_to_(at::Tensor& self, int64_t to, OptionalGenerator generator) {
  return random_from_(self, 0, to, std::move(generator));
}

at::Tensor& normal_(at::Tensor& self, double mean, double std, OptionalGenerator generator) {
  return templates::normal_impl_<NormalKernel, CudaGenerator>(self, mean, std, generator);
}

at::Tensor normal_tensor_float(const at::Tensor& mean, double std, OptionalGenerator generator) {
  return templates::normal_impl<NormalKernel, CudaGenerator>(mean, std, generator);
}

at::Tensor normal_float_tensor(double mean, const at::Tensor& std, OptionalGenerator generator) {
  return templates::normal_impl<NormalKernel, CudaGenerator>(mean, std, generator);
}

at::Tensor normal_tensor_tensor(const at::Tensor& mean, const at::Tensor& std,
                                OptionalGenerator generator) {
  return templates::normal_impl<NormalKernel, CudaGenerator>(mean, std, generator);
}

at::Tensor& normal_tensor_float_out(const at::Tensor& mean, double std, OptionalGenerator generator,
                                    at::Tensor& out) {
  return templates::normal_out_impl<NormalKernel, CudaGenerator>(out, mean, std, generator);
}

at::Tensor& normal_float_tensor_out(double mean, const at::Tensor& std, OptionalGenerator generator,
                                    at::Tensor& out) {
  return templates::normal_out_impl<NormalKernel, CudaGenerator>(out, mean, std, generator);
}

at::Tensor& normal_tensor_tensor_out(const at::Tensor& mean, const at::Tensor& std,
                                     OptionalGenerator generator, at::Tensor& out) {
  return templates::normal_out_impl<NormalKernel, CudaGenerator>(out, mean, std, generator);
}

}  // namespace torchdevice::kernels

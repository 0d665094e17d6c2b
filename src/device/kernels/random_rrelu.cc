#include <ATen/Dispatch.h>
#include <ATen/OpMathType.h>
#include <ATen/Utils.h>
#include <ATen/core/Tensor.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/leaky_relu.h>

#include <cmath>

#include "device/kernels/host_kernels.h"
#include "device/kernels/random_launch.h"

// native/cuda/RreluWithNoise.cu

namespace torchdevice::kernels {
namespace {

/// Contiguous tensors of one size.
template <class T>
void train(const at::Tensor& input, const at::Tensor& noise, const at::Tensor& output, double lower,
           double upper, CudaGenerator& generator) {
  using A = at::opmath_type<T>;
  const at::Tensor numbers =
      at::empty({input.numel()}, input.options().dtype(c10::CppTypeToScalarType<A>::value));
  auto iter = at::TensorIterator::borrowing_nullary_op(numbers);
  launch_uniform<A, A>(iter, generator, A{1}, A{0}, [](A number) { return number; });
  const T* in = input.const_data_ptr<T>();
  const A* number = numbers.const_data_ptr<A>();
  T* slope = noise.mutable_data_ptr<T>();
  T* out = output.mutable_data_ptr<T>();
  for (int64_t i = 0; i < input.numel(); ++i) {
    const auto rounded = static_cast<double>(static_cast<T>(number[i]));
    slope[i] = in[i] <= 0 ? static_cast<T>(std::fma(rounded, upper - lower, lower)) : T{1};
    out[i] = in[i] <= 0 ? static_cast<T>(in[i] * slope[i]) : in[i];
  }
}

}  // namespace

at::Tensor& rrelu_with_noise_out(const at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                                 const at::Scalar& upper, bool training,
                                 std::optional<at::Generator> given, at::Tensor& out) {
  at::native::resize_output(out, self.sizes());
  if (self.numel() == 0) return out;
  const auto low = lower.to<double>();
  const auto high = upper.to<double>();
  if (!training) return at::leaky_relu_out(out, self, (low + high) / 2);
  auto& generator = *at::check_generator<CudaGenerator>(given);
  const at::Tensor slopes = noise.contiguous();
  const at::Tensor result = out.contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND2(
      at::kHalf, at::kBFloat16, self.scalar_type(), "rrelu_with_noise_out_cuda",
      [&] { train<scalar_t>(self.contiguous(), slopes, result, low, high, generator); });
  if (!noise.is_contiguous()) noise.copy_(slopes);
  if (!out.is_contiguous()) out.copy_(result);
  return out;
}

at::Tensor rrelu_with_noise(const at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                            const at::Scalar& upper, bool training,
                            std::optional<at::Generator> generator) {
  at::Tensor out = at::empty_like(self, at::MemoryFormat::Contiguous);
  rrelu_with_noise_out(self, noise, lower, upper, training, std::move(generator), out);
  return out;
}

at::Tensor& rrelu_with_noise_(at::Tensor& self, at::Tensor& noise, const at::Scalar& lower,
                              const at::Scalar& upper, bool training,
                              std::optional<at::Generator> generator) {
  return rrelu_with_noise_out(self, noise, lower, upper, training, std::move(generator), self);
}

}  // namespace torchdevice::kernels

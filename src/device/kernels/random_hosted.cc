#include <ATen/Utils.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_sample_dirichlet.h>
#include <ATen/ops/_standard_gamma.h>
#include <ATen/ops/binomial.h>
#include <ATen/ops/poisson.h>

#include "device/generator.h"
#include "device/kernels/compute_type.h"
#include "device/kernels/host_kernels.h"

// Distributions that are sampled by rejection: here by the host's algorithms, which differ from
// CUDA's (native/cuda/Distributions.cu). The generator's offset moves as there, so that what is
// drawn afterwards is CUDA's again.

namespace torchdevice::kernels {
namespace {

/// `sample(generator)` in the compute type of `dtype`, rounded to it.
template <class Sample>
at::Tensor sampled(at::ScalarType dtype, std::optional<at::Generator> generator, uint64_t increment,
                   const Sample& sample) {
  auto& cuda = *at::check_generator<CudaGenerator>(generator);
  return sample(cuda.host_generator(increment)).to(dtype);
}

}  // namespace

at::Tensor poisson(const at::Tensor& self, std::optional<at::Generator> generator) {
  return sampled(self.scalar_type(), std::move(generator), 20, [&](const at::Generator& host) {
    return at::poisson(to_compute_type(self), host);
  });
}

at::Tensor binomial(const at::Tensor& count, const at::Tensor& prob,
                    std::optional<at::Generator> generator) {
  return sampled(count.scalar_type(), std::move(generator), 42, [&](const at::Generator& host) {
    return at::binomial(to_compute_type(count), to_compute_type(prob), host);
  });
}

at::Tensor standard_gamma(const at::Tensor& self, std::optional<at::Generator> generator) {
  return sampled(self.scalar_type(), std::move(generator), 10, [&](const at::Generator& host) {
    return at::_standard_gamma(to_compute_type(self), host);
  });
}

at::Tensor sample_dirichlet(const at::Tensor& self, std::optional<at::Generator> generator) {
  return sampled(self.scalar_type(), std::move(generator), 10, [&](const at::Generator& host) {
    return at::_sample_dirichlet(to_compute_type(self), host);
  });
}

}  // namespace torchdevice::kernels

#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/GeneratorImpl.h>

#include <cstdint>

namespace torchdevice {

/// Where a kernel's random numbers begin, as curand_init takes it.
struct PhiloxState {
  uint64_t seed = 0;
  uint64_t offset = 0;  ///< a multiple of 4
};

/// What a CUDA generator is at: graph-safe copies of a generator share one.
struct GeneratorState final : c10::intrusive_ptr_target {
  uint64_t seed = c10::default_rng_seed_val;
  uint64_t offset = 0;
};

/// A CUDA generator: device cuda:N, a seed and a Philox offset, 16 bytes of state, as
/// at::CUDAGeneratorImpl (aten/src/ATen/cuda/CUDAGeneratorImpl.cpp). Its own mutex() must be held
/// by callers, as for every GeneratorImpl, unless a function says otherwise.
class CudaGenerator final : public c10::GeneratorImpl {
 public:
  /// `index` may be -1: `torch.Generator("cuda")` names no particular device, in CUDA neither.
  explicit CudaGenerator(c10::DeviceIndex index);
  /// A generator that shares `state` with others.
  CudaGenerator(c10::DeviceIndex index, c10::intrusive_ptr<GeneratorState> state);

  void set_current_seed(uint64_t seed) override;
  /// Throws c10::Error unless `offset` is a multiple of 4.
  void set_offset(uint64_t offset) override;
  uint64_t get_offset() const override;
  uint64_t current_seed() const override;
  uint64_t seed() override;
  /// `state`: a contiguous CPU tensor of 16 bytes (seed, offset) or of 8 (seed; the offset is 0).
  void set_state(const c10::TensorImpl& state) override;
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override;
  void graphsafe_set_state(const c10::intrusive_ptr<c10::GeneratorImpl>& other) override;
  c10::intrusive_ptr<c10::GeneratorImpl> graphsafe_get_state() const override;

  static c10::DeviceType device_type() { return c10::DeviceType::CUDA; }

  /// Reserves numbers for one kernel, and gives the state from which it draws them:
  /// `increment` for each of its threads, rounded up to a multiple of 4 (philox_cuda_state in
  /// CUDAGeneratorImpl.cpp). Locks the mutex itself, so that threads may share a CudaGenerator.
  PhiloxState philox_state(uint64_t increment);

  /// For an operator whose CUDA algorithm this library does not have: a CPU generator whose state
  /// is a function of philox_state(increment). Equal seeds and offsets give equal numbers. The
  /// generator is for the calling thread, which should let go of it when the operator is done: a
  /// thread reuses it once nobody else holds it.
  at::Generator host_generator(uint64_t increment = 4);

 private:
  CudaGenerator* clone_impl() const override;

  c10::intrusive_ptr<GeneratorState> state_;
};

/// The default generator of a device; lives for ever. -1 is the current device.
const at::Generator& default_generator(c10::DeviceIndex index = -1);

/// A new generator, seeded with c10::default_rng_seed_val.
at::Generator new_generator(c10::DeviceIndex index = -1);

}  // namespace torchdevice

#include "device/generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <c10/util/Exception.h>

#include <array>
#include <cstring>
#include <mutex>

#include "device/device.h"
#include "device/settings.h"

namespace torchdevice {
namespace {

constexpr std::size_t kSeedBytes = sizeof(uint64_t);
constexpr std::size_t kStateBytes = kSeedBytes + sizeof(int64_t);
constexpr uint64_t kOffsetStep = 4;  // CUDA keeps offsets multiples of 4: a block of Philox words

/// SplitMix64's output function (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014): a bijection of 64-bit words.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// A Mersenne Twister whose whole state comes from (seed, offset). Its own seeding takes 32 bits,
/// so that two operators of a long run would draw the same numbers; and it takes longer.
at::mt19937 make_engine(uint64_t seed, uint64_t offset) {
  constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;
  const uint64_t start = mix(mix(seed) + kGoldenGamma + offset);
  at::mt19937_data_pod data;
  data.seed_ = start;
  data.seeded_ = true;
  data.left_ = 1;  // the state is used up: draw the next one first
  data.next_ = 0;
  static_assert(at::MERSENNE_STATE_N % 2 == 0);
  uint64_t z = start;
  for (int i = 0; i < at::MERSENNE_STATE_N; i += 2) {
    const uint64_t word = mix(z += kGoldenGamma);
    data.state_[i] = static_cast<uint32_t>(word);
    data.state_[i + 1] = static_cast<uint32_t>(word >> 32);
  }
  at::mt19937 engine;
  engine.set_data(data);
  return engine;
}

/// The calling thread's CPU generator, or a new one where somebody still holds that.
at::Generator idle_cpu_generator() {
  thread_local at::Generator mine = at::detail::createCPUGenerator();
  if (mine.getIntrusivePtr().use_count() > 1) mine = at::detail::createCPUGenerator();
  return mine;
}

}  // namespace

CudaGenerator::CudaGenerator(c10::DeviceIndex index)
    : CudaGenerator(index, c10::make_intrusive<GeneratorState>()) {}

CudaGenerator::CudaGenerator(c10::DeviceIndex index, c10::intrusive_ptr<GeneratorState> state)
    : c10::GeneratorImpl(c10::Device(c10::kCUDA, index),
                         c10::DispatchKeySet(c10::DispatchKey::CUDA)),
      state_(std::move(state)) {}

void CudaGenerator::set_current_seed(uint64_t seed) {
  state_->seed = seed;
  state_->offset = 0;
}

void CudaGenerator::set_offset(uint64_t offset) {
  TORCH_CHECK(offset % kOffsetStep == 0, "offset must be a multiple of 4");
  state_->offset = offset;
}

uint64_t CudaGenerator::get_offset() const { return state_->offset; }

uint64_t CudaGenerator::current_seed() const { return state_->seed; }

uint64_t CudaGenerator::seed() {
  const uint64_t random = c10::detail::getNonDeterministicRandom(/*is_cuda=*/true);
  set_current_seed(random);
  return random;
}

void CudaGenerator::set_state(const c10::TensorImpl& state) {
  at::detail::check_rng_state(state);
  const auto size = static_cast<std::size_t>(state.numel());
  TORCH_CHECK(size == kSeedBytes || size == kStateBytes, "RNG state is wrong size");
  const auto* bytes = static_cast<const uint8_t*>(state.data());
  uint64_t seed = 0;
  uint64_t offset = 0;
  std::memcpy(&seed, bytes, kSeedBytes);
  if (size == kStateBytes) std::memcpy(&offset, bytes + kSeedBytes, sizeof(offset));
  set_current_seed(seed);
  set_offset(offset);
}

c10::intrusive_ptr<c10::TensorImpl> CudaGenerator::get_state() const {
  const at::TensorBase state =
      at::detail::empty_cpu({static_cast<int64_t>(kStateBytes)}, c10::ScalarType::Byte);
  auto* bytes = static_cast<uint8_t*>(state.mutable_data_ptr());
  std::memcpy(bytes, &state_->seed, kSeedBytes);
  std::memcpy(bytes + kSeedBytes, &state_->offset, sizeof(state_->offset));
  return state.getIntrusivePtr();
}

void CudaGenerator::graphsafe_set_state(const c10::intrusive_ptr<c10::GeneratorImpl>& other) {
  const auto* generator = dynamic_cast<const CudaGenerator*>(other.get());
  TORCH_CHECK(generator, "Expected a CUDA Generator");
  state_ = generator->state_;
}

c10::intrusive_ptr<c10::GeneratorImpl> CudaGenerator::graphsafe_get_state() const {
  return c10::make_intrusive<CudaGenerator>(device().index(), state_);
}

PhiloxState CudaGenerator::philox_state(uint64_t increment) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const PhiloxState result{state_->seed, state_->offset};
  state_->offset += (increment + kOffsetStep - 1) / kOffsetStep * kOffsetStep;
  return result;
}

at::Generator CudaGenerator::host_generator(uint64_t increment) {
  const auto [seed, offset] = philox_state(increment);
  at::Generator generator = idle_cpu_generator();
  auto* cpu = generator.get<at::CPUGeneratorImpl>();
  cpu->set_engine(make_engine(seed, offset));
  cpu->set_next_float_normal_sample(std::nullopt);
  cpu->set_next_double_normal_sample(std::nullopt);
  return generator;
}

CudaGenerator* CudaGenerator::clone_impl() const {
  auto state = c10::make_intrusive<GeneratorState>();
  state->seed = state_->seed;
  state->offset = state_->offset;
  return new CudaGenerator(device().index(), std::move(state));
}

const at::Generator& default_generator(c10::DeviceIndex index) {
  if (index == -1) index = current_device();
  check_device(index);
  // Never destroyed: Python's torch.cuda.default_generators may outlive this library's statics.
  static const auto* generators = [] {
    auto* all = new std::array<at::Generator, kMaxDeviceCount>();
    for (int i = 0; i < device_count(); ++i) {
      (*all)[i] = at::make_generator<CudaGenerator>(static_cast<c10::DeviceIndex>(i));
      (*all)[i].seed();
    }
    return all;
  }();
  return (*generators)[index];
}

at::Generator new_generator(c10::DeviceIndex index) {
  return at::make_generator<CudaGenerator>(index);
}

}  // namespace torchdevice

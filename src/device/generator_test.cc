// The unit tests run with TORCHDEVICE_COUNT=2.
#include "device/generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "device/device.h"

namespace torchdevice {
namespace {

CudaGenerator& cuda(const at::Generator& generator) { return *generator.get<CudaGenerator>(); }

uint64_t draw(const at::Generator& generator) {
  return cuda(generator).host_generator().get<at::CPUGeneratorImpl>()->random64();
}

at::TensorBase bytes(const std::vector<uint8_t>& values) {
  const auto tensor =
      at::detail::empty_cpu({static_cast<int64_t>(values.size())}, c10::ScalarType::Byte);
  std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size());
  return tensor;
}

/// at::CUDAGeneratorImpl::get_state: the seed, then the Philox offset, little endian here.
TEST(Generator, TheStateIsSeedThenOffset) {
  at::Generator generator = new_generator(1);
  generator.set_current_seed(0x0102030405060708);
  generator.set_offset(0x10);
  const auto state = cuda(generator).get_state();
  ASSERT_EQ(state->numel(), 16);
  const auto* data = static_cast<const uint8_t*>(state->data());
  if constexpr (std::endian::native == std::endian::little) {
    EXPECT_EQ(std::vector<uint8_t>(data, data + 16),
              (std::vector<uint8_t>{8, 7, 6, 5, 4, 3, 2, 1, 0x10, 0, 0, 0, 0, 0, 0, 0}));
  }
  at::Generator other = new_generator(0);
  cuda(other).set_state(*state);
  EXPECT_EQ(other.current_seed(), 0x0102030405060708u);
  EXPECT_EQ(other.get_offset(), 0x10u);
  EXPECT_EQ(draw(other), draw(generator));
}

TEST(Generator, EightBytesOfStateAreASeedAtOffsetZero) {
  at::Generator generator = new_generator(0);
  generator.set_offset(40);
  cuda(generator).set_state(*bytes({9, 0, 0, 0, 0, 0, 0, 0}).unsafeGetTensorImpl());
  EXPECT_EQ(generator.get_offset(), 0u);
  EXPECT_EQ(generator.current_seed() & 0xff, std::endian::native == std::endian::little ? 9u : 0u);
}

TEST(Generator, BadStatesAndOffsetsRaiseCudasErrors) {
  at::Generator generator = new_generator(0);
  EXPECT_THROW(cuda(generator).set_state(*bytes({1, 2, 3}).unsafeGetTensorImpl()), c10::Error);
  EXPECT_THROW(generator.set_offset(6), c10::Error);
  const auto floats = at::detail::empty_cpu({16}, c10::ScalarType::Float);
  EXPECT_THROW(cuda(generator).set_state(*floats.unsafeGetTensorImpl()), c10::TypeError);
}

TEST(Generator, AHostGeneratorAdvancesTheOffsetByFour) {
  at::Generator generator = new_generator(0);
  EXPECT_EQ(generator.current_seed(), c10::default_rng_seed_val);
  const uint64_t first = draw(generator);
  EXPECT_EQ(generator.get_offset(), 4u);
  const uint64_t second = draw(generator);
  EXPECT_NE(first, second);
  generator.set_offset(0);
  EXPECT_EQ(draw(generator), first);
  generator.set_current_seed(c10::default_rng_seed_val);
  EXPECT_EQ(generator.get_offset(), 0u);
}

/// philox_cuda_state: what a kernel needs is rounded up to whole blocks of four numbers.
TEST(Generator, AKernelReservesBlocksOfFour) {
  const at::Generator generator = new_generator(0);
  cuda(generator).set_current_seed(5);
  for (const auto& [increment, offset] :
       {std::pair<uint64_t, uint64_t>{4, 4}, {10, 16}, {1, 20}, {0, 20}, {42, 64}}) {
    const uint64_t before = generator.get_offset();
    const PhiloxState state = cuda(generator).philox_state(increment);
    EXPECT_EQ(state.seed, 5u);
    EXPECT_EQ(state.offset, before);
    EXPECT_EQ(generator.get_offset(), offset);
  }
  (void)cuda(generator).host_generator(20);
  EXPECT_EQ(generator.get_offset(), 84u);
}

/// A Mersenne Twister seeded as usual has 2^32 states: 200,000 operators would meet a repeat with
/// probability 0.99.
TEST(Generator, OperatorsOfALongRunDrawDifferentNumbers) {
  at::Generator generator = new_generator(0);
  std::set<uint64_t> seen;
  constexpr std::size_t kOperators = 200'000;
  for (std::size_t i = 0; i < kOperators; ++i) seen.insert(draw(generator));
  EXPECT_EQ(seen.size(), kOperators);
}

/// Means and bit counts within five standard deviations of a fair source's.
TEST(Generator, NumbersAreEvenlySpreadAcrossSeedsAndOffsets) {
  std::array<int, 64> ones{};
  constexpr int kSeeds = 256;
  constexpr int kOffsets = 64;
  for (int seed = 0; seed < kSeeds; ++seed) {
    at::Generator generator = new_generator(0);
    generator.set_current_seed(seed);
    for (int i = 0; i < kOffsets; ++i) {
      const uint64_t word = draw(generator);
      for (int bit = 0; bit < 64; ++bit) ones[bit] += word >> bit & 1;
    }
  }
  constexpr double kDraws = kSeeds * kOffsets;
  for (const int count : ones) EXPECT_NEAR(count, kDraws / 2, 5 * 0.5 * std::sqrt(kDraws));
}

TEST(Generator, GraphSafeCopiesShareTheirState) {
  const at::Generator generator = new_generator(0);
  const at::Generator shared = generator.graphsafe_get_state();
  const at::Generator clone = generator.clone();
  cuda(shared).set_offset(80);
  EXPECT_EQ(generator.get_offset(), 80u);
  EXPECT_EQ(clone.get_offset(), 0u);
  at::Generator other = new_generator(0);
  other.graphsafe_set_state(generator);
  cuda(generator).set_current_seed(3);
  EXPECT_EQ(other.current_seed(), 3u);
  EXPECT_THROW(other.graphsafe_set_state(at::detail::createCPUGenerator()), c10::Error);
}

TEST(Generator, DefaultGeneratorsArePerDeviceAndStay) {
  EXPECT_EQ(default_generator(-1), default_generator(current_device()));
  EXPECT_EQ(&default_generator(1), &default_generator(1));
  EXPECT_NE(default_generator(0), default_generator(1));
  EXPECT_EQ(default_generator(1).device(), c10::Device(c10::kCUDA, 1));
  EXPECT_THROW(default_generator(device_count()), c10::AcceleratorError);
}

TEST(Generator, AHeldHostGeneratorIsNotReused) {
  const at::Generator generator = new_generator(0);
  const at::Generator first = cuda(generator).host_generator();
  const at::Generator second = cuda(generator).host_generator();
  EXPECT_NE(first, second);
}

TEST(Generator, ThreadsThatShareAGeneratorDrawDifferentNumbers) {
  const at::Generator generator = new_generator(0);
  constexpr int kThreads = 4;
  constexpr int kDraws = 500;
  std::array<std::vector<uint64_t>, kThreads> drawn;
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&] {
      for (int i = 0; i < kDraws; ++i) mine.push_back(draw(generator));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kDraws));
  EXPECT_EQ(generator.get_offset(), 4u * kThreads * kDraws);
}

}  // namespace
}  // namespace torchdevice

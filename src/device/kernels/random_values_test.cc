#include "device/kernels/random_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace torchdevice::kernels {
namespace {

using philox::kLanes;
using philox::Words;

Words random_words(uint64_t block) {
  Words words;
  philox::generate_lanes(7, 0, block, kLanes, words);
  return words;
}

/// Blocks of one word four times over.
Words equal_words(uint32_t word) {
  Words words;
  for (auto& row : words.at) std::fill(std::begin(row), std::end(row), word);
  return words;
}

/// cuRAND's guide, curand_uniform: 0.0 is excluded and 1.0 included.
TEST(RandomValues, UniformNumbersAreAbove0AndUpTo1) {
  Values<float, 4> floats;
  Values<double, 2> doubles;
  draw_uniform(equal_words(0), kLanes, 4, 1.0F, 0.0F, floats);
  draw_uniform(equal_words(0), kLanes, 2, 1.0, 0.0, doubles);
  EXPECT_EQ(floats.at[3][kLanes - 1], 0x1p-33F);
  EXPECT_EQ(doubles.at[1][kLanes - 1], 0x1p-54);
  draw_uniform(equal_words(0xFFFFFFFF), kLanes, 4, 1.0F, 0.0F, floats);
  draw_uniform(equal_words(0xFFFFFFFF), kLanes, 2, 1.0, 0.0, doubles);
  EXPECT_EQ(floats.at[0][0], 1.0F);
  // The words overlap in 11 bits, which cancel.
  EXPECT_EQ(doubles.at[0][0],
            static_cast<double>(0xFFFFFFFF ^ (uint64_t{0xFFFFFFFF} << 21)) * 0x1p-53 + 0x1p-54);
}

TEST(RandomValues, UniformNumbersAreScaledWithOneRounding) {
  Values<float, 4> plain;
  Values<float, 4> scaled;
  for (uint64_t block = 0; block < 100; ++block) {
    const Words words = random_words(block);
    draw_uniform(words, kLanes, 4, 1.0F, 0.0F, plain);
    draw_uniform(words, kLanes, 4, 15.6F, -3.7F, scaled);
    for (int i = 0; i < kLanes; ++i) {
      ASSERT_EQ(scaled.at[2][i], std::fma(plain.at[2][i], 15.6F, -3.7F));
    }
  }
}

TEST(RandomValues, LongWordsBeginWithTheirUpperHalf) {
  Values<uint64_t, 2> out;
  const Words words = random_words(1);
  draw_long_words(words, kLanes, 2, out);
  for (int i = 0; i < kLanes; ++i) {
    EXPECT_EQ(out.at[1][i] >> 32, words.at[2][i]);
    EXPECT_EQ(out.at[1][i] & 0xFFFFFFFF, words.at[3][i]);
  }
}

/// Against the same formula in double precision, on the float angle that cuRAND takes.
TEST(RandomValues, NormalNumbersAreTheMethodOfBoxAndMuller) {
  constexpr float kStep = 0x1p-32F * 6.2831855F;
  Values<float, 4> out;
  for (uint64_t block = 0; block < 2000; ++block) {
    const Words words = random_words(block);
    draw_normal(words, kLanes, 4, 1.0F, 0.0F, out);
    for (int pair = 0; pair < 4; pair += 2) {
      for (int i = 0; i < kLanes; ++i) {
        const double u = static_cast<float>(words.at[pair][i]) * 0x1p-32F + 0x1p-33F;
        const double angle = std::fma(static_cast<float>(words.at[pair + 1][i]), kStep, kStep / 2);
        const double radius = std::sqrt(-2 * std::log(u));
        ASSERT_NEAR(out.at[pair][i], radius * std::sin(angle), 7e-7);
        ASSERT_NEAR(out.at[pair + 1][i], radius * std::cos(angle), 7e-7);
      }
    }
  }
}

TEST(RandomValues, NormalDoublesToo) {
  Values<double, 2> out;
  for (uint64_t block = 0; block < 200; ++block) {
    const Words words = random_words(block);
    draw_normal(words, kLanes, 2, 1.0, 0.0, out);
    Values<double, 2> uniform;
    draw_uniform(words, kLanes, 2, 1.0, 0.0, uniform);
    for (int i = 0; i < kLanes; ++i) {
      const double radius = std::sqrt(-2 * std::log(uniform.at[0][i]));
      const double angle = 2 * std::numbers::pi * uniform.at[1][i];
      ASSERT_NEAR(out.at[0][i], radius * std::sin(angle), 2e-14);
      ASSERT_NEAR(out.at[1][i], radius * std::cos(angle), 2e-14);
    }
  }
}

TEST(RandomValues, TheExtremesOfNormalNumbersAreFinite) {
  Values<float, 4> out;
  draw_normal(equal_words(0), kLanes, 4, 1.0F, 0.0F, out);
  EXPECT_NEAR(out.at[1][0], std::sqrt(66 * std::numbers::ln2), 1e-6);
  draw_normal(equal_words(0xFFFFFFFF), kLanes, 4, 1.0F, 2.0F, out);
  EXPECT_EQ(out.at[0][0], 2.0F);
  EXPECT_EQ(out.at[1][0], 2.0F);
}

}  // namespace
}  // namespace torchdevice::kernels

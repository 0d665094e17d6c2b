#include "device/philox.h"

#include <gtest/gtest.h>

namespace torchdevice::philox {
namespace {

/// Random123's tests/kat_vectors, "philox4x32 10".
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(generate(Counter{0, 0, 0, 0}, Key{0, 0}),
            (Counter{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  constexpr uint32_t kOnes = 0xFFFFFFFF;
  EXPECT_EQ(generate(Counter{kOnes, kOnes, kOnes, kOnes}, Key{kOnes, kOnes}),
            (Counter{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(generate(Counter{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
                     Key{0xA4093822, 0x299F31D0}),
            (Counter{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(Philox, SeedSubsequenceAndBlockAreTheKeyAndTheHalvesOfTheCounter) {
  EXPECT_EQ(generate(0x299F31D0A4093822, 0x0370734413198A2E, 0x85A308D3243F6A88),
            (Counter{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(Philox, LanesAreSubsequences) {
  constexpr uint64_t kSeed = 0x0123456789ABCDEF;
  constexpr uint64_t kBlock = 0x1'0000'0003;
  for (const uint64_t first : {uint64_t{0}, uint64_t{0xFFFFFFF0}, uint64_t{1} << 40}) {
    for (const int count : {1, 15, 16, 17, kLanes}) {
      Words words;
      generate_lanes(kSeed, first, kBlock, count, words);
      for (int i = 0; i < count; ++i) {
        const Counter expected = generate(kSeed, first + static_cast<uint64_t>(i), kBlock);
        EXPECT_EQ((Counter{words.at[0][i], words.at[1][i], words.at[2][i], words.at[3][i]}),
                  expected);
      }
    }
  }
}

}  // namespace
}  // namespace torchdevice::philox

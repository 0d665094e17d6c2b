#include "device/philox.h"

#include "device/simd.h"

namespace torchdevice::philox {
namespace {

// The constants of Random123's philox.h.
constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;
/// generate_lanes() works on this many lanes at a time: no vector is longer.
constexpr int kGroup = 16;

TORCHDEVICE_INLINE Counter ten_rounds(Counter c, Key key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * c[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * c[2];
    c = {static_cast<uint32_t>(product1 >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(product1),
         static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return c;
}

constexpr uint32_t low(uint64_t word) { return static_cast<uint32_t>(word); }
constexpr uint32_t high(uint64_t word) { return static_cast<uint32_t>(word >> 32); }

}  // namespace

Counter generate(Counter counter, Key key) { return ten_rounds(counter, key); }

Counter generate(uint64_t seed, uint64_t subsequence, uint64_t block) {
  return ten_rounds({low(block), high(block), low(subsequence), high(subsequence)},
                    {low(seed), high(seed)});
}

TORCHDEVICE_SIMD
void generate_lanes(uint64_t seed, uint64_t subsequence, uint64_t block, int count, Words& words) {
  const Key key{low(seed), high(seed)};
  const uint32_t block_low = low(block);
  const uint32_t block_high = high(block);
  const int padded = (count + kGroup - 1) / kGroup * kGroup;
  for (int i = 0; i < padded; ++i) {
    const uint64_t lane = subsequence + static_cast<uint64_t>(i);
    const Counter c = ten_rounds({block_low, block_high, low(lane), high(lane)}, key);
    words.at[0][i] = c[0];
    words.at[1][i] = c[1];
    words.at[2][i] = c[2];
    words.at[3][i] = c[3];
  }
}

}  // namespace torchdevice::philox

#pragma once

#include <array>
#include <cstdint>

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011): a bijection of a 128-bit counter under a 64-bit key. cuRAND's
/// curandStatePhilox4_32_10_t is one: its seed is the key, its subsequence the counter's upper
/// half, and its offset / 4 the lower half.

namespace torchdevice::philox {

using Counter = std::array<uint32_t, 4>;
using Key = std::array<uint32_t, 2>;

/// The block of four words that belongs to a counter.
Counter generate(Counter counter, Key key);

/// The block of curand_init(seed, subsequence, 4 * block).
Counter generate(uint64_t seed, uint64_t subsequence, uint64_t block);

/// How many subsequences generate_lanes() does in one call, at most.
constexpr int kLanes = 256;

/// Word w of lane i at [w][i].
struct Words {
  alignas(64) uint32_t at[4][kLanes];
};

/// generate(seed, subsequence + i, block) for i < count, at once; count <= kLanes. May write to
/// words of the lanes after them.
void generate_lanes(uint64_t seed, uint64_t subsequence, uint64_t block, int count, Words& words);

}  // namespace torchdevice::philox

#pragma once

#include <cstdint>

#include "device/philox.h"

/// What cuRAND's device functions make of a block of Philox words, for many threads at once.
/// `Values.at[s]` are the numbers of stream s: what each thread uses in its s-th element.
///
/// The numbers are the same on every host. They are cuRAND's to the bit, but for the normal ones:
/// there cuRAND takes the sine and cosine from the GPU's special function unit (__sincosf), whose
/// error is 4e-7; here they are right to the last bit or two, as are the logarithms.

namespace torchdevice::kernels {

template <class T, int count>
struct Values {
  static constexpr int kStreams = count;
  alignas(64) T at[count][philox::kLanes];
};

/// All functions: for lanes i < `lanes`, and streams s < `streams` at least. They may write to
/// lanes and streams after these.

/// curand4: the words as they are.
void draw_words(const philox::Words& words, int lanes, int streams, Values<uint32_t, 4>& out);

/// Two 64-bit words of a block, the first word of each pair in the upper half, as PyTorch puts them
/// together (native/cuda/DistributionTemplates.h).
void draw_long_words(const philox::Words& words, int lanes, int streams, Values<uint64_t, 2>& out);

/// curand_uniform4 and curand_uniform2_double: u in (0, 1]. Gives fma(u, scale, shift).
void draw_uniform(const philox::Words& words, int lanes, int streams, float scale, float shift,
                  Values<float, 4>& out);
void draw_uniform(const philox::Words& words, int lanes, int streams, double scale, double shift,
                  Values<double, 2>& out);

/// curand_normal4 and curand_normal2_double: z, by Box and Muller. Gives fma(z, scale, shift).
void draw_normal(const philox::Words& words, int lanes, int streams, float scale, float shift,
                 Values<float, 4>& out);
void draw_normal(const philox::Words& words, int lanes, int streams, double scale, double shift,
                 Values<double, 2>& out);

/// factor * log(u), where log(1), which is 0, is replaced by half the distance between 1 and the
/// number after it, below 0 (ATen/core/TransformationHelper.h, exponential).
void draw_exponential(const philox::Words& words, int lanes, int streams, float factor,
                      Values<float, 4>& out);
void draw_exponential(const philox::Words& words, int lanes, int streams, double factor,
                      Values<double, 2>& out);

}  // namespace torchdevice::kernels

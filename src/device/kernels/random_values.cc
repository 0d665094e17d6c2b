#include "device/kernels/random_values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "device/simd.h"

// CMakeLists.txt compiles this file with -O3 and without errno, so that the loops over lanes become
// vector code.

namespace torchdevice::kernels {
namespace {

using philox::Words;

// The constants of cuRAND's curand_globals.h and curand_uniform.h.
constexpr float kTwoToMinus32 = 0x1p-32F;
constexpr float kTwoToMinus32TimesTwoPi = kTwoToMinus32 * 6.2831855F;
constexpr double kTwoToMinus53 = 0x1p-53;

TORCHDEVICE_INLINE float uniform(uint32_t word) {
  return static_cast<float>(word) * kTwoToMinus32 + kTwoToMinus32 / 2;
}

/// 53 bits of two words, as _curand_uniform_double_hq takes them.
TORCHDEVICE_INLINE double bits53(uint32_t x, uint32_t y) {
  return static_cast<double>(uint64_t{x} ^ (uint64_t{y} << (53 - 32)));
}

TORCHDEVICE_INLINE double uniform(uint32_t x, uint32_t y) {
  return bits53(x, y) * kTwoToMinus53 + kTwoToMinus53 / 2;
}

/// The natural logarithm of a normal positive number (Cephes, logf): x = 2^e * m with m in
/// [sqrt(1/2), sqrt(2)), and log(m) by a polynomial in m - 1.
TORCHDEVICE_INLINE float log_of(float x) {
  constexpr uint32_t kSqrtHalf = 0x3F3504F3;
  constexpr uint32_t kMantissa = 0x007FFFFF;
  const uint32_t shifted = std::bit_cast<uint32_t>(x) - kSqrtHalf;
  const auto exponent = static_cast<float>(static_cast<int32_t>(shifted) >> 23);
  const float m = std::bit_cast<float>((shifted & kMantissa) + kSqrtHalf) - 1;
  const float m2 = m * m;
  float p = 7.0376836292e-2F;
  p = p * m - 1.1514610310e-1F;
  p = p * m + 1.1676998740e-1F;
  p = p * m - 1.2420140846e-1F;
  p = p * m + 1.4249322787e-1F;
  p = p * m - 1.6668057665e-1F;
  p = p * m + 2.0000714765e-1F;
  p = p * m - 2.4999993993e-1F;
  p = p * m + 3.3333331174e-1F;
  // log(2) in two parts: the first has few bits, so that its product is exact.
  const float tail = p * m * m2 + exponent * -2.12194440e-4F - 0.5F * m2;
  return m + tail + exponent * 0.693359375F;
}

struct SinCos {
  float sin;
  float cos;
};

/// Of an angle in [0, 2 pi] (Cephes, sinf and cosf): by quadrants, then polynomials on
/// [-pi/4, pi/4].
TORCHDEVICE_INLINE SinCos sincos_of(float angle) {
  constexpr float kHalf = 0.5F;
  const auto quadrant = static_cast<int32_t>(angle * 0.63661977F + kHalf);  // angles are positive
  const auto q = static_cast<float>(quadrant);
  // pi/2 in three parts: the products of the first two are exact.
  const float r =
      ((angle - q * 1.5703125F) - q * 4.837512969970703e-4F) - q * 7.549789948768648e-8F;
  const float r2 = r * r;
  const float sine =
      ((-1.9515295891e-4F * r2 + 8.3321608736e-3F) * r2 - 1.6666654611e-1F) * r2 * r + r;
  const float cosine =
      ((2.443315711809948e-5F * r2 - 1.388731625493765e-3F) * r2 + 4.166664568298827e-2F) * r2 *
          r2 -
      0.5F * r2 + 1;
  const bool swapped = (quadrant & 1) != 0;
  const float s = swapped ? cosine : sine;
  const float c = swapped ? sine : cosine;
  return {(quadrant & 2) != 0 ? -s : s, ((quadrant + 1) & 2) != 0 ? -c : c};
}

}  // namespace

void draw_words(const Words& words, int lanes, int streams, Values<uint32_t, 4>& out) {
  for (int s = 0; s < streams; ++s) std::copy_n(words.at[s], lanes, out.at[s]);
}

TORCHDEVICE_SIMD
void draw_long_words(const Words& words, int lanes, int streams, Values<uint64_t, 2>& out) {
  for (int s = 0; s < streams; ++s) {
    for (int i = 0; i < lanes; ++i) {
      out.at[s][i] = uint64_t{words.at[2 * s][i]} << 32 | words.at[2 * s + 1][i];
    }
  }
}

TORCHDEVICE_SIMD
void draw_uniform(const Words& words, int lanes, int streams, float scale, float shift,
                  Values<float, 4>& out) {
  for (int s = 0; s < streams; ++s) {
    for (int i = 0; i < lanes; ++i) {
      out.at[s][i] = std::fma(uniform(words.at[s][i]), scale, shift);
    }
  }
}

TORCHDEVICE_SIMD
void draw_uniform(const Words& words, int lanes, int streams, double scale, double shift,
                  Values<double, 2>& out) {
  for (int s = 0; s < streams; ++s) {
    for (int i = 0; i < lanes; ++i) {
      const double u = uniform(words.at[2 * s][i], words.at[2 * s + 1][i]);
      out.at[s][i] = std::fma(u, scale, shift);
    }
  }
}

/// _curand_box_muller: streams 2k and 2k + 1 are the sine and cosine of a pair of words.
TORCHDEVICE_SIMD
void draw_normal(const Words& words, int lanes, int streams, float scale, float shift,
                 Values<float, 4>& out) {
  for (int s = 0; s < streams; s += 2) {
    for (int i = 0; i < lanes; ++i) {
      const float radius = std::sqrt(-2 * log_of(uniform(words.at[s][i])));
      const float angle = std::fma(static_cast<float>(words.at[s + 1][i]), kTwoToMinus32TimesTwoPi,
                                   kTwoToMinus32TimesTwoPi / 2);
      const SinCos direction = sincos_of(angle);
      out.at[s][i] = std::fma(direction.sin * radius, scale, shift);
      out.at[s + 1][i] = std::fma(direction.cos * radius, scale, shift);
    }
  }
}

/// _curand_box_muller_double: both streams of a block of words. Its angle is in units of pi.
void draw_normal(const Words& words, int lanes, int /*streams*/, double scale, double shift,
                 Values<double, 2>& out) {
  for (int i = 0; i < lanes; ++i) {
    const double radius = std::sqrt(-2 * std::log(uniform(words.at[0][i], words.at[1][i])));
    const double angle =
        bits53(words.at[2][i], words.at[3][i]) * (2 * kTwoToMinus53) + kTwoToMinus53;
    const double quadrant = std::nearbyint(2 * angle);
    const double r = (angle - quadrant / 2) * std::numbers::pi;
    const double sine = std::sin(r);
    const double cosine = std::cos(r);
    const auto q = static_cast<int>(quadrant);
    const double s = (q & 1) != 0 ? cosine : sine;
    const double c = (q & 1) != 0 ? sine : cosine;
    out.at[0][i] = std::fma(((q & 2) != 0 ? -s : s) * radius, scale, shift);
    out.at[1][i] = std::fma((((q + 1) & 2) != 0 ? -c : c) * radius, scale, shift);
  }
}

TORCHDEVICE_SIMD
void draw_exponential(const Words& words, int lanes, int streams, float factor,
                      Values<float, 4>& out) {
  constexpr float kLogOfAlmostOne = -std::numeric_limits<float>::epsilon() / 2;
  for (int s = 0; s < streams; ++s) {
    for (int i = 0; i < lanes; ++i) {
      const float u = uniform(words.at[s][i]);
      const float log = log_of(u);
      out.at[s][i] = factor * (u >= 1 + kLogOfAlmostOne ? kLogOfAlmostOne : log);
    }
  }
}

void draw_exponential(const Words& words, int lanes, int streams, double factor,
                      Values<double, 2>& out) {
  constexpr double kLogOfAlmostOne = -std::numeric_limits<double>::epsilon() / 2;
  for (int s = 0; s < streams; ++s) {
    for (int i = 0; i < lanes; ++i) {
      const double u = uniform(words.at[2 * s][i], words.at[2 * s + 1][i]);
      out.at[s][i] = factor * (u >= 1 + kLogOfAlmostOne ? kLogOfAlmostOne : std::log(u));
    }
  }
}

}  // namespace torchdevice::kernels

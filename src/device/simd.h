#pragma once

/// TORCHDEVICE_SIMD before a function definition compiles it for several x86 instruction sets; the
/// loader picks one. Elsewhere it is nothing: arm64's vectors are in its baseline. All variants
/// give the same results, because no multiplication is fused with an addition unless the source
/// says std::fma (CMakeLists.txt, -ffp-contract=off).

#if defined(__linux__)
#include <features.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TORCHDEVICE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TORCHDEVICE_SANITIZED
#endif

// The loader picks before a sanitizer is ready; other C libraries than glibc do not pick.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(TORCHDEVICE_SANITIZED)
#define TORCHDEVICE_SIMD \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TORCHDEVICE_SIMD
#endif

/// For the parts of such a function: they must be compiled with it.
#define TORCHDEVICE_INLINE inline __attribute__((always_inline))

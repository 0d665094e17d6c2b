#include "device/card.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "device/settings.h"

namespace torchdevice {
namespace {

struct Profile {
  std::string_view name;
  Card card;
};

/// Memory, clocks, bus, cache and shared memory per multiprocessor are what NVIDIA's deviceQuery
/// sample prints on each card. Shared memory that a block may opt in to and threads per
/// multiprocessor follow from the compute capability: CUDA C++ Programming Guide, table "Technical
/// Specifications per Compute Capability".
const std::array<Profile, 6>& profiles() {
  static const std::array<Profile, 6> all = {{
      {"a100-40gb",
       {.name = "NVIDIA A100-SXM4-40GB",
        .major = 8,
        .minor = 0,
        .total_memory = 42505273344,
        .multi_processor_count = 108,
        .max_threads_per_multi_processor = 2048,
        .shared_memory_per_block_optin = 166912,
        .shared_memory_per_multiprocessor = 167936,
        .l2_cache_size = 41943040,
        .clock_rate = 1410000,
        .memory_clock_rate = 1215000,
        .memory_bus_width = 5120}},
      {"a100-80gb",
       {.name = "NVIDIA A100-SXM4-80GB",
        .major = 8,
        .minor = 0,
        .total_memory = 84987740160,
        .multi_processor_count = 108,
        .max_threads_per_multi_processor = 2048,
        .shared_memory_per_block_optin = 166912,
        .shared_memory_per_multiprocessor = 167936,
        .l2_cache_size = 41943040,
        .clock_rate = 1410000,
        .memory_clock_rate = 1593000,
        .memory_bus_width = 5120}},
      {"h100-80gb",
       {.name = "NVIDIA H100 80GB HBM3",
        .major = 9,
        .minor = 0,
        .total_memory = 85028896768,
        .multi_processor_count = 132,
        .max_threads_per_multi_processor = 2048,
        .shared_memory_per_block_optin = 232448,
        .shared_memory_per_multiprocessor = 233472,
        .l2_cache_size = 52428800,
        .clock_rate = 1980000,
        .memory_clock_rate = 2619000,
        .memory_bus_width = 5120}},
      {"rtx-4090",
       {.name = "NVIDIA GeForce RTX 4090",
        .major = 8,
        .minor = 9,
        .total_memory = 25250627584,
        .multi_processor_count = 128,
        .max_threads_per_multi_processor = 1536,
        .shared_memory_per_block_optin = 101376,
        .shared_memory_per_multiprocessor = 102400,
        .l2_cache_size = 75497472,
        .clock_rate = 2520000,
        .memory_clock_rate = 10501000,
        .memory_bus_width = 384}},
      {"t4",
       {.name = "Tesla T4",
        .major = 7,
        .minor = 5,
        .total_memory = 15843721216,
        .multi_processor_count = 40,
        .max_threads_per_multi_processor = 1024,
        .shared_memory_per_block_optin = 65536,
        .shared_memory_per_multiprocessor = 65536,
        .l2_cache_size = 4194304,
        .clock_rate = 1590000,
        .memory_clock_rate = 5001000,
        .memory_bus_width = 256}},
      {"v100-16gb",
       {.name = "Tesla V100-SXM2-16GB",
        .major = 7,
        .minor = 0,
        .total_memory = 16945512448,
        .multi_processor_count = 80,
        .max_threads_per_multi_processor = 2048,
        .shared_memory_per_block_optin = 98304,
        .shared_memory_per_multiprocessor = 98304,
        .l2_cache_size = 6291456,
        .clock_rate = 1530000,
        .memory_clock_rate = 877000,
        .memory_bus_width = 4096}},
  }};
  return all;
}

}  // namespace

const Card& find_card(std::string_view profile) {
  // The first profile is the default: a common card that supports bfloat16.
  if (profile.empty()) return profiles().front().card;
  std::string known;
  for (const auto& [name, card] : profiles()) {
    if (name == profile) return card;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  C10_THROW_ERROR(Error, c10::str("TORCHDEVICE_PROFILE=", profile,
                                  " is not a known card: use one of ", known, "."));
}

const Card& card() {
  static const Card instance = [] {
    Card chosen = find_card(settings().profile);
    if (settings().memory_bytes > 0) chosen.total_memory = settings().memory_bytes;
    return chosen;
  }();
  return instance;
}

std::string card_uuid(int ordinal) {
  // "torchdevice" in ASCII, then the ordinal.
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "746f7263-6864-6576-6963-65%010x",
                static_cast<unsigned>(ordinal));
  return text.data();
}

}  // namespace torchdevice

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace torchdevice {

/// What a virtual GPU says about itself: the fields of cudaDeviceProp that PyTorch exposes
/// (torch/csrc/cuda/Module.cpp, `_CudaDeviceProperties`).
struct Card {
  std::string name;
  int major = 0;
  int minor = 0;
  std::size_t total_memory = 0;  ///< bytes
  int multi_processor_count = 0;
  int max_threads_per_multi_processor = 0;
  int max_threads_per_block = 1024;
  int regs_per_multiprocessor = 65536;
  std::size_t shared_memory_per_block = 48 * 1024;   ///< bytes
  std::size_t shared_memory_per_block_optin = 0;     ///< bytes
  std::size_t shared_memory_per_multiprocessor = 0;  ///< bytes
  int warp_size = 32;
  std::size_t l2_cache_size = 0;  ///< bytes
  int clock_rate = 0;             ///< kHz
  int memory_clock_rate = 0;      ///< kHz
  int memory_bus_width = 0;       ///< bits
  bool is_integrated = false;
  bool is_multi_gpu_board = false;
};

/// The card that every virtual GPU of this process presents: settings().profile, with
/// settings().memory_bytes in place of its memory where that is set.
/// Throws c10::Error naming the known profiles if the name is unknown.
const Card& card();

/// The card of a profile; "" is the default one. Throws as card() does.
const Card& find_card(std::string_view profile);

/// The UUID of the virtual GPU with this ordinal (Settings::ordinals), as `nvidia-smi -L` shows it
/// without its "GPU-": 36 characters. The same in every process.
std::string card_uuid(int ordinal);

}  // namespace torchdevice

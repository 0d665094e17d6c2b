#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace torchdevice {

/// The most virtual GPUs a process can have.
inline constexpr int kMaxDeviceCount = 16;

/// Where a CUDA tensor's bytes live and whose kernels run its operators.
enum class HostKind { kCpu, kMps };

/// What the user chose, read once from the environment.
struct Settings {
  /// TORCHDEVICE: "off" or "0" leaves PyTorch's CUDA slots empty. Loading the library is the wish
  /// to have them filled, so that unset and "" mean "auto" here; who loads it decides when.
  bool enabled = true;
  /// TORCHDEVICE: "cpu", "mps", or "auto", "on", "1" (MPS where usable, else the CPU).
  HostKind host = HostKind::kCpu;
  /// TORCHDEVICE_COUNT: virtual GPUs after CUDA_VISIBLE_DEVICES was applied, 0 to kMaxDeviceCount.
  int device_count = 1;
  /// The ordinal that each visible GPU has among all TORCHDEVICE_COUNT, as CUDA_VISIBLE_DEVICES
  /// chose them; `device_count` entries. It names the GPU's UUID (card.h) and PCI address.
  std::vector<int> ordinals = {0};
  /// TORCHDEVICE_PROFILE: name of the card to present (see card.h); "" is the default card.
  std::string profile;
  /// TORCHDEVICE_MEMORY: bytes of device memory to present; 0 takes the card's own size.
  std::size_t memory_bytes = 0;
  /// TORCHDEVICE_REPORT: "" is off, "-" is standard error, else a path (".json" for JSON; "%p"
  /// stands for the process id, for programs of several processes).
  std::string report;
};

/// Looks a variable up; nullptr when it is unset.
using GetEnv = std::function<const char*(const char* name)>;

/// Reads the settings from `get_env`.
/// Throws c10::Error with one line (variable, value, what is accepted) on bad input.
Settings parse_settings(const GetEnv& get_env);

/// The process's settings: parse_settings of its environment, read by the first call; any thread
/// may make it.
const Settings& settings();

}  // namespace torchdevice

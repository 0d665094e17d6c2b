#include "device/settings.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string_view>

#include "device/card.h"

namespace torchdevice {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

[[noreturn]] void reject(std::string_view variable, std::string_view value,
                         std::string_view accepted) {
  C10_THROW_ERROR(Error, c10::str(variable, "=", value, " is not valid: use ", accepted, "."));
}

void read_host(std::string_view value, Settings& settings) {
  const std::string name = lower(trim(value));
  if (name == "off" || name == "0") {
    settings.enabled = false;
  } else if (name == "mps") {
    C10_THROW_ERROR(Error, c10::str("TORCHDEVICE=", value,
                                    " cannot be served: this build of TorchDevice has no MPS host; "
                                    "use cpu or auto."));
  } else if (!name.empty() && name != "auto" && name != "on" && name != "1" && name != "cpu") {
    reject("TORCHDEVICE", value, "auto (also on, 1), cpu, mps or off (also 0)");
  }
}

int read_count(std::string_view value) {
  const auto text = trim(value);
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0 ||
      count > kMaxDeviceCount) {
    reject("TORCHDEVICE_COUNT", value, c10::str("a whole number from 0 to ", kMaxDeviceCount));
  }
  return count;
}

std::size_t read_memory(std::string_view value) {
  constexpr std::array<std::pair<std::string_view, double>, 10> kUnits = {{
      {"", 1.0},
      {"b", 1.0},
      {"kb", 1e3},
      {"mb", 1e6},
      {"gb", 1e9},
      {"tb", 1e12},
      {"kib", 0x1p10},
      {"mib", 0x1p20},
      {"gib", 0x1p30},
      {"tib", 0x1p40},
  }};
  const std::string text = lower(trim(value));
  const auto digits = text.find_first_not_of("0123456789.");
  const std::string number = text.substr(0, digits);
  const auto unit_name =
      digits == std::string::npos ? "" : trim(std::string_view(text).substr(digits));
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                  [&](const auto& entry) { return entry.first == unit_name; });
  // strtod and not from_chars: libc++ lacks the latter for floating point.
  char* end = nullptr;
  const double amount = std::strtod(number.c_str(), &end);
  const double bytes = unit == kUnits.end() ? 0 : amount * unit->second;
  if (number.empty() || end != number.c_str() + number.size() || !(bytes >= 1 && bytes < 0x1p62)) {
    reject("TORCHDEVICE_MEMORY", value,
           "bytes, or a number with KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers "
           "of 1024), such as 24GiB");
  }
  return static_cast<std::size_t>(std::floor(bytes));
}

/// The whole number at the start of `text`, as strtoul reads it; nothing if there is none or if it
/// is negative.
std::optional<unsigned long> leading_ordinal(std::string_view text) {
  const std::string copy(trim(text));
  char* end = nullptr;
  const long value = std::strtol(copy.c_str(), &end, 10);
  if (end == copy.c_str() || value < 0) return std::nullopt;
  return value;
}

/// The one GPU of `count` whose UUID starts with `prefix`.
std::optional<unsigned long> ordinal_of_uuid(std::string_view prefix, int count) {
  std::optional<unsigned long> found;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    if (("GPU-" + card_uuid(ordinal)).starts_with(prefix)) {
      if (found) return std::nullopt;
      found = ordinal;
    }
  }
  return found;
}

/// CUDA_VISIBLE_DEVICES (CUDA programming guide, "CUDA environment variables"; as
/// torch.cuda._parse_visible_devices reads it): the list ends at the first entry that names no GPU,
/// and a GPU named twice empties it.
std::vector<int> visible_ordinals(std::string_view value, int count) {
  std::vector<int> ordinals;
  while (true) {
    const auto comma = value.find(',');
    const auto entry = trim(value.substr(0, comma));
    const auto ordinal =
        entry.starts_with("GPU-") ? ordinal_of_uuid(entry, count) : leading_ordinal(entry);
    if (!ordinal || *ordinal >= static_cast<unsigned long>(count)) return ordinals;
    const int index = static_cast<int>(*ordinal);
    if (std::find(ordinals.begin(), ordinals.end(), index) != ordinals.end()) return {};
    ordinals.push_back(index);
    if (comma == std::string_view::npos) return ordinals;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

Settings parse_settings(const GetEnv& get_env) {
  Settings settings;
  const auto with_value = [&](const char* name, auto&& use) {
    if (const char* value = get_env(name)) use(value);
  };
  with_value("TORCHDEVICE", [&](const char* value) { read_host(value, settings); });
  with_value("TORCHDEVICE_COUNT",
             [&](const char* value) { settings.device_count = read_count(value); });
  with_value("TORCHDEVICE_PROFILE",
             [&](const char* value) { settings.profile = lower(trim(value)); });
  with_value("TORCHDEVICE_MEMORY",
             [&](const char* value) { settings.memory_bytes = read_memory(value); });
  with_value("TORCHDEVICE_REPORT", [&](const char* value) { settings.report = value; });

  settings.ordinals.resize(settings.device_count);
  std::iota(settings.ordinals.begin(), settings.ordinals.end(), 0);
  with_value("CUDA_VISIBLE_DEVICES", [&](const char* value) {
    settings.ordinals = visible_ordinals(value, settings.device_count);
  });
  settings.device_count = static_cast<int>(settings.ordinals.size());
  return settings;
}

const Settings& settings() {
  static const Settings instance =
      parse_settings([](const char* name) { return std::getenv(name); });
  return instance;
}

}  // namespace torchdevice

#include "device/settings.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "device/card.h"

namespace torchdevice {
namespace {

using Environment = std::map<std::string, std::string>;

Settings parse(const Environment& environment) {
  return parse_settings([&](const char* name) -> const char* {
    const auto entry = environment.find(name);
    return entry == environment.end() ? nullptr : entry->second.c_str();
  });
}

std::string error_of(const Environment& environment) {
  try {
    parse(environment);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(Settings, AnEmptyEnvironmentMeansOneGpuOnTheCpu) {
  const Settings settings = parse({});
  EXPECT_TRUE(settings.enabled);
  EXPECT_EQ(settings.host, HostKind::kCpu);
  EXPECT_EQ(settings.device_count, 1);
  EXPECT_EQ(settings.ordinals, std::vector<int>{0});
  EXPECT_EQ(settings.profile, "");
  EXPECT_EQ(settings.memory_bytes, 0u);
  EXPECT_EQ(settings.report, "");
}

TEST(Settings, OnlyOffAndZeroSwitchOff) {
  for (const char* value : {"off", "OFF", "0", " off "}) {
    EXPECT_FALSE(parse({{"TORCHDEVICE", value}}).enabled) << value;
  }
  for (const char* value : {"", "auto", "on", "1", "cpu", "CPU"}) {
    EXPECT_TRUE(parse({{"TORCHDEVICE", value}}).enabled) << value;
  }
}

TEST(Settings, CountIsBounded) {
  EXPECT_EQ(parse({{"TORCHDEVICE_COUNT", "16"}}).device_count, 16);
  EXPECT_EQ(parse({{"TORCHDEVICE_COUNT", "0"}}).device_count, 0);
  for (const char* value : {"17", "-1", "two", "2.5", "", "1 2"}) {
    EXPECT_EQ(error_of({{"TORCHDEVICE_COUNT", value}}),
              "TORCHDEVICE_COUNT=" + std::string(value) +
                  " is not valid: use a whole number from 0 to 16.");
  }
}

TEST(Settings, MemoryUnitsAreDecimalOrBinary) {
  const auto bytes = [](const char* value) {
    return parse({{"TORCHDEVICE_MEMORY", value}}).memory_bytes;
  };
  EXPECT_EQ(bytes("1048576"), 1048576u);
  EXPECT_EQ(bytes("24GB"), 24'000'000'000u);
  EXPECT_EQ(bytes("24GiB"), 25769803776u);
  EXPECT_EQ(bytes("512 MiB"), 536870912u);
  EXPECT_EQ(bytes("1.5gib"), 1610612736u);
  for (const char* value : {"24G", "GB", "", "-1GB", "0", "1.2.3GB", "nan", "1e3GB", "9999999TB"}) {
    const std::string error = error_of({{"TORCHDEVICE_MEMORY", value}});
    EXPECT_EQ(error.find("TORCHDEVICE_MEMORY=" + std::string(value) + " is not valid: use bytes"),
              0u)
        << error;
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
}

TEST(Settings, UnknownHostsAndMpsAreOneClearLine) {
  EXPECT_EQ(error_of({{"TORCHDEVICE", "cuda"}}),
            "TORCHDEVICE=cuda is not valid: use auto (also on, 1), cpu, mps or off (also 0).");
  EXPECT_EQ(error_of({{"TORCHDEVICE", "mps"}}),
            "TORCHDEVICE=mps cannot be served: this build of TorchDevice has no MPS host; use cpu "
            "or auto.");
}

/// CUDA programming guide, section "CUDA Environment Variables", CUDA_VISIBLE_DEVICES: only devices
/// before the first invalid index are visible. The cases on repeats and text after a number are
/// those of torch/cuda/__init__.py, _parse_visible_devices.
TEST(Settings, VisibleDevicesFollowCudasRules) {
  const auto visible = [](const char* value) {
    return parse({{"TORCHDEVICE_COUNT", "4"}, {"CUDA_VISIBLE_DEVICES", value}}).ordinals;
  };
  using Ordinals = std::vector<int>;
  EXPECT_EQ(visible("2,1"), (Ordinals{2, 1}));
  EXPECT_EQ(visible(" 3 , 0 "), (Ordinals{3, 0}));
  EXPECT_EQ(visible("0,2,-1,1"), (Ordinals{0, 2}));
  EXPECT_EQ(visible("1,9,0"), (Ordinals{1}));
  EXPECT_EQ(visible("1gpu2,2ampere"), (Ordinals{1, 2}));
  EXPECT_EQ(visible("0,1,0"), Ordinals{});
  EXPECT_EQ(visible(""), Ordinals{});
  EXPECT_EQ(visible("-1"), Ordinals{});
  EXPECT_EQ(visible("none"), Ordinals{});
  EXPECT_EQ(visible(("GPU-" + card_uuid(3) + ",0").c_str()), (Ordinals{3, 0}));
  EXPECT_EQ(visible("GPU-74"), Ordinals{}) << "an ambiguous prefix names no GPU";
  EXPECT_EQ(parse({{"CUDA_VISIBLE_DEVICES", ""}}).device_count, 0);
}

}  // namespace
}  // namespace torchdevice

#include "gap/model/overlay/overlay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kFixtures = fs::path(TORCHDEVICE_TEST_DATA) / "overlays";

json differences_of(const Patch& patch) {
  json result = json::array();
  for (const Difference& difference : patch.comparison.differences) {
    if (difference.breaks_valid_calls) {
      result.push_back({to_string(difference.what), difference.parameter, true});
    }
  }
  return result;
}

/// The fields of a patch that the fixture names.
json described(const Patch& patch, const json& expected) {
  const json all = {
      {"target", patch.target},
      {"kind", to_string(patch.kind)},
      {"place", fmt::format("{}:{}", patch.file, patch.line)},
      {"how", patch.how},
      {"verdict", to_string(patch.comparison.verdict)},
      {"condition", patch.condition},
      {"reached", patch.reached},
      {"temporary", patch.temporary},
      {"replacement", patch.replacement},
      {"superseded_by", patch.superseded_by},
      {"replacement_signature",
       patch.replacement_signatures.empty() ? "" : patch.replacement_signatures.front().text()},
      {"differences", differences_of(patch)}};
  json result;
  for (const auto& [key, value] : all.items()) {
    if (expected.is_null() || expected.contains(key)) result[key] = value;
  }
  return result;
}

class OverlayFixture : public testing::TestWithParam<std::string> {};

/// Each folder is one way to patch: a subject, and what it does to the small PyTorch beside it.
TEST_P(OverlayFixture, IsReadAsExpected) {
  const fs::path folder = kFixtures / GetParam();
  const fs::path file = folder / "subject.py";
  const TorchSource torch = open_torch((kFixtures / "torch").string());
  const Overlay overlay =
      read_overlay((fs::exists(file) ? file : folder / "subject").string(), torch, 1);
  const json expected = json::parse(std::ifstream(folder / "expected.json"));

  json patches = json::array();
  for (std::size_t i = 0; i < overlay.patches.size(); ++i) {
    const json& wanted = expected["patches"];
    patches.push_back(described(overlay.patches[i], i < wanted.size() ? wanted[i] : json()));
  }
  json unknown = json::array();
  for (const UnknownPatch& patch : overlay.unknown) {
    unknown.push_back({{"what", patch.what}, {"reason", patch.reason}, {"place", patch.place}});
  }
  EXPECT_EQ(patches, expected["patches"]) << json::diff(expected["patches"], patches).dump(1);
  EXPECT_EQ(unknown, expected["unknown"]) << json::diff(expected["unknown"], unknown).dump(1);
}

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFixtures)) {
    if (fs::exists(entry.path() / "expected.json"))
      names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Overlays, OverlayFixture, testing::ValuesIn(fixtures()),
                         [](const auto& info) { return info.param; });

TEST(Overlay, ReadsPythonAndCpp) {
  const TestFolder folder;
  folder.write("sub/patch/__init__.py", "import torch\ntorch.cuda.is_available = lambda: True\n");
  folder.write("sub/patch/ops.cc",
               "TORCH_LIBRARY_IMPL(aten, CUDA, m) { m.impl(\"add.Tensor\", f); }");
  const TorchSource torch = open_torch((kFixtures / "torch").string());
  const Overlay overlay = read_overlay(folder.at("sub/patch"), torch, 2);
  ASSERT_EQ(overlay.patches.size(), 2U);
  EXPECT_EQ(overlay.patches[0].target, "torch.cuda.is_available");
  EXPECT_EQ(overlay.patches[1].target, "aten::add.Tensor@CUDA");
  EXPECT_EQ(overlay.torch.version, "2.13.0");
}

TEST(Overlay, RefusesWhatIsNotThere) {
  const TorchSource torch = open_torch((kFixtures / "torch").string());
  EXPECT_THROW(read_overlay("/no/such/subject", torch, 1), ReadError);
}

TEST(Overlay, SurvivesBrokenFiles) {
  const TestFolder folder;
  folder.write("sub/bad.py", "def f(:\n\xff\xfe\ntorch.cuda.x = = 1\n");
  folder.write("sub/good.py", "import torch\ntorch.add = None\n");
  const TorchSource torch = open_torch((kFixtures / "torch").string());
  const Overlay overlay = read_overlay(folder.at("sub"), torch, 1);
  EXPECT_EQ(overlay.patches.size(), 1U);
  EXPECT_FALSE(overlay.problems.empty());
}

}  // namespace
}  // namespace torchdevice::gap

/// Runs the fuzz targets without a fuzzer: their seeds, and each mutated a few hundred times,
/// always in the same way. `make fuzz` runs them under libFuzzer.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "fuzz_targets.h"

namespace torchdevice::gap {
namespace {

constexpr int kMutations = 400;  ///< of each seed
constexpr std::size_t kMaxSize = 64 << 10;

std::vector<std::string> seeds_of(const std::string& target) {
  std::vector<std::filesystem::path> files;
  std::error_code none_there;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(TORCHDEVICE_TEST_DATA) / "fuzz" / target, none_there)) {
    files.push_back(file.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> seeds;
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

/// The same sequence of mutations everywhere: the standard fixes what minstd_rand yields, and no
/// distribution is used.
class Mutator {
 public:
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same on purpose
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string mutated(std::string text) {
    for (std::size_t change = 1 + below(4); change > 0; --change) {
      mutate(text);
    }
    text.resize(std::min(text.size(), kMaxSize));
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void mutate(std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(text.size() - at, 64));
    switch (below(8)) {
      case 0:
        if (!text.empty()) {
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        }
        break;
      case 1:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 4:
        text.resize(at);
        break;
      case 5: {
        const std::string& other = seeds_[below(seeds_.size())];
        text = text.substr(0, at) + other.substr(below(other.size()));
        break;
      }
      case 6:
        text.replace(at, std::min<std::size_t>(4, text.size() - at), "\xFF\xFF\xFF\x7F");
        break;
      default:
        text.insert(at, std::string(1 + below(2000), "([{:\n \\\"'"[below(9)]));
    }
  }

  const std::vector<std::string>& seeds_;
  std::minstd_rand random_;
};

class Fuzz : public testing::TestWithParam<FuzzTarget> {};

TEST_P(Fuzz, SurvivesMutatedSeeds) {
  const std::vector<std::string> seeds = seeds_of(GetParam().name);
  ASSERT_FALSE(seeds.empty()) << "no seeds in " TORCHDEVICE_TEST_DATA "/fuzz/" << GetParam().name;
  const auto run = [](const std::string& input) {
    GetParam().run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  };
  Mutator mutator(seeds);
  run("");
  for (const std::string& seed : seeds) {
    run(seed);
    for (int mutation = 0; mutation < kMutations; ++mutation) {
      run(mutator.mutated(seed));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(kFuzzTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace torchdevice::gap

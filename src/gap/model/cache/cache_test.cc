#include "gap/model/cache/cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gap/model/overlay/overlay.h"
#include "gap/model/surface/surface.h"
#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(folder_)) {
      found.push_back(file.path());
    }
    return found;
  }

  const TestFolder place_;
  const std::string folder_ = place_.path();
};

CacheKey key_of(std::string_view question) {
  CacheKey key("tool 1");
  key.add(question);
  return key;
}

Surface small_surface() {
  Parameter parameter{"dim", ParameterKind::KeywordOnly, "-1", "int"};
  Signature signature{{parameter, {"out", ParameterKind::KeywordOnly, std::nullopt, ""}},
                      "Tensor",
                      FactSource::Yaml,
                      Confidence::Derived,
                      "torch/_C/x.pyi",
                      12};
  SurfaceName name;
  name.name = "torch.cuda.f";
  name.kind = NameKind::Builtin;
  name.public_by = PublicBy::All;
  name.line = 7;
  name.paths = {"torch.cuda.f", "torch.f"};
  name.signatures = {signature};
  Surface surface;
  surface.torch.version = "2.13.0";
  surface.names = {name};
  surface.unknown = {{"torch.g", "only a run knows", "torch/__init__.py:3"}};
  surface.problems = {"torch/bad.py:1: not UTF-8"};
  return surface;
}

TEST_F(CacheTest, GivesBackWhatWasKept) {
  const Cache cache(folder_);
  EXPECT_FALSE(cache.find<Surface>(key_of("all")));
  cache.keep(key_of("all"), small_surface());
  const auto found = cache.find<Surface>(key_of("all"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->torch.version, "2.13.0");
  ASSERT_EQ(found->names.size(), 1u);
  const SurfaceName& name = found->names[0];
  EXPECT_EQ(name.name, "torch.cuda.f");
  EXPECT_EQ(name.kind, NameKind::Builtin);
  EXPECT_EQ(name.line, 7u);
  EXPECT_EQ(name.paths, (std::vector<std::string>{"torch.cuda.f", "torch.f"}));
  ASSERT_EQ(name.signatures.size(), 1u);
  EXPECT_EQ(name.signatures[0].text(), small_surface().names[0].signatures[0].text());
  EXPECT_EQ(name.signatures[0].source, FactSource::Yaml);
  EXPECT_FALSE(name.signatures[0].parameters[1].default_value);
  EXPECT_EQ(found->unknown[0].place, "torch/__init__.py:3");
  EXPECT_EQ(found->problems, small_surface().problems);
}

TEST_F(CacheTest, KeepsKindsAndQuestionsApart) {
  const Cache cache(folder_);
  cache.keep(key_of("all"), small_surface());
  EXPECT_FALSE(cache.find<Overlay>(key_of("all")));
  EXPECT_FALSE(cache.find<Surface>(key_of("al")));
  CacheKey shifted("tool 1");
  shifted.add("a");
  shifted.add("ll");
  EXPECT_FALSE(cache.find<Surface>(shifted));
  CacheKey other_tool("tool 2");
  other_tool.add("all");
  EXPECT_FALSE(cache.find<Surface>(other_tool));
}

TEST_F(CacheTest, ForgetsWhatItsFilesNoLongerSay) {
  const fs::path package = fs::path(folder_) / "package";
  fs::create_directories(package);
  const auto write = [&](std::string_view text) { std::ofstream(package / "__init__.py") << text; };
  write("a = 1\n");
  CacheKey before("tool");
  before.add(*SourceTree::open(package));
  CacheKey same("tool");
  same.add(*SourceTree::open(package));
  EXPECT_EQ(before.digest(), same.digest());
  write("a = 10\n");
  CacheKey longer("tool");
  longer.add(*SourceTree::open(package));
  EXPECT_NE(before.digest(), longer.digest());
  fs::last_write_time(package / "__init__.py",
                      fs::file_time_type::clock::now() + std::chrono::seconds(5));
  CacheKey touched("tool");
  touched.add(*SourceTree::open(package));
  EXPECT_NE(longer.digest(), touched.digest());
}

TEST_F(CacheTest, TakesADamagedEntryForNone) {
  const Cache cache(folder_);
  cache.keep(key_of("all"), small_surface());
  ASSERT_EQ(files().size(), 1u);
  const fs::path file = files()[0];
  std::ifstream stream(file, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    std::ofstream(file, std::ios::binary) << damaged;
    EXPECT_FALSE(cache.find<Surface>(key_of("all"))) << "byte " << i;
    std::ofstream(file, std::ios::binary) << whole.substr(0, i);
    EXPECT_FALSE(cache.find<Surface>(key_of("all"))) << "cut at " << i;
  }
  cache.keep(key_of("all"), small_surface());
  EXPECT_TRUE(cache.find<Surface>(key_of("all")));
}

TEST_F(CacheTest, RemovesWhatWasNotUsedForLongest) {
  const Cache unbounded(folder_);
  const auto now = fs::file_time_type::clock::now();
  unbounded.keep(key_of("a"), small_surface());
  const std::uint64_t size = fs::file_size(files()[0]);
  fs::last_write_time(files()[0], now - std::chrono::hours(2));
  const fs::path old_file = files()[0];
  unbounded.keep(key_of("b"), small_surface());
  for (const fs::path& file : files()) {
    if (file != old_file) {
      fs::last_write_time(file, now - std::chrono::hours(1));
    }
  }
  EXPECT_TRUE(unbounded.find<Surface>(key_of("a")));  // used: the other one is older now
  const Cache bounded(folder_, 2 * size);
  bounded.keep(key_of("c"), small_surface());
  EXPECT_EQ(files().size(), 2u);
  EXPECT_TRUE(bounded.find<Surface>(key_of("a")));
  EXPECT_FALSE(bounded.find<Surface>(key_of("b")));
  EXPECT_TRUE(bounded.find<Surface>(key_of("c")));
}

TEST_F(CacheTest, ServesSeveralWritersAtOnce) {
  const Cache cache(folder_, 2000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&cache, i] {
      for (int round = 0; round < 50; ++round) {
        const std::string question = std::to_string((i + round) % 6);
        const auto found = cache.find<Surface>(key_of(question));
        if (found) {
          EXPECT_EQ(found->names.size(), 1u);
        } else {
          cache.keep(key_of(question), small_surface());
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_F(CacheTest, FollowsTheEnvironment) {
  const char* home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/somebody", 1);
#ifdef __APPLE__
  EXPECT_EQ(Cache::default_folder(), "/home/somebody/Library/Caches/torchdevice");
#else
  EXPECT_EQ(Cache::default_folder(), "/home/somebody/.cache/torchdevice");
#endif
  setenv("XDG_CACHE_HOME", "/caches", 1);
  EXPECT_EQ(Cache::default_folder(), "/caches/torchdevice");
  setenv("XDG_CACHE_HOME", "not/absolute", 1);  // the specification says: ignore it
  EXPECT_NE(Cache::default_folder(), "not/absolute/torchdevice");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", before.c_str(), 1);
}

}  // namespace
}  // namespace torchdevice::gap

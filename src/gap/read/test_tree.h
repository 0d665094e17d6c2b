#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/source_tree.h"

/// What tests read: folders and wheels that are made for one test.
namespace torchdevice::gap {

/// A folder that is there as long as the object.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "torchdevice-XXXXXX").string();
    path_ = std::filesystem::canonical(mkdtemp(pattern.data()));
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string at(const std::string& name) const { return (path_ / name).string(); }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  void link(const std::string& name, const std::filesystem::path& target) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::filesystem::create_symlink(target, path_ / name);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

using Lines = std::vector<std::string>;

inline Lines paths(const SourceTree& tree) {
  Lines all;
  for (const SourceEntry& entry : tree.entries()) {
    all.push_back(entry.path);
  }
  return all;
}

/// The message of the ReadError that `action` ends in: one line. Empty where it ends well.
template <typename Action>
std::string refusal_of(Action action) {
  try {
    action();
  } catch (const ReadError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return {};
}

struct TestMember {
  std::string name;
  std::string text;
  mode_t mode = 0;  ///< 0: none is recorded
  bool stored = false;
};

/// Writes a zip archive at `path`. Members of one name are not possible.
inline void write_zip(const std::string& path, const std::vector<TestMember>& members) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  ASSERT_NE(zip, nullptr);
  for (const TestMember& member : members) {
    zip_source_t* source = zip_source_buffer(zip, member.text.data(), member.text.size(), 0);
    const zip_int64_t index = zip_file_add(zip, member.name.c_str(), source, 0);
    ASSERT_GE(index, 0) << zip_strerror(zip);
    const auto at = static_cast<zip_uint64_t>(index);
    if (member.mode != 0) {
      zip_file_set_external_attributes(zip, at, 0, ZIP_OPSYS_UNIX, zip_uint32_t{member.mode} << 16);
    }
    zip_set_file_compression(zip, at, member.stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
  }
  ASSERT_EQ(zip_close(zip), 0) << zip_strerror(zip);
}

}  // namespace torchdevice::gap

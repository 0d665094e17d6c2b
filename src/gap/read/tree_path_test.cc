#include "gap/read/tree_path.h"

#include <gtest/gtest.h>

namespace torchdevice::gap {
namespace {

TEST(TreePath, SaysWhichFilesAreRead) {
  for (const char* path :
       {"torch/cuda/__init__.py", "torch/_C/__init__.pyi", "a/b.yaml", "csrc/a.cpp", "k.cu",
        "k.cuh", "a.mm", "a.h", "torch-2.13.0.dist-info/WHEEL", "torch-2.13.0.dist-info/RECORD",
        "torch-2.13.0.dist-info/METADATA", "version.txt"}) {
    EXPECT_TRUE(is_source_path(path)) << path;
  }
  for (const char* path :
       {"torch/lib/libtorch.so", "torch/cuda/__init__.pyc", "README.md", ".py", "torch/.py",
        "torch/version.txt", "torch-2.13.0.dist-info/setup.py", "py", "a.PY"}) {
    EXPECT_FALSE(is_source_path(path)) << path;
  }
}

TEST(TreePath, RefusesWhatLeavesTheRootOrIsAmbiguous) {
  for (const char* path :
       {"a.py", "a/b/c.py", "a/..b/c.py", "a/\xC3\xA9.py", "\xF0\x9F\x94\xA5.py"}) {
    EXPECT_EQ(path_defect(path), std::nullopt) << path;
  }
  EXPECT_EQ(path_defect(""), "has no name");
  EXPECT_EQ(path_defect("/etc/a.py"), "has an absolute path");
  EXPECT_EQ(path_defect("C:/a.py"), "has an absolute path");
  EXPECT_EQ(path_defect("..\\a.py"), "has a backslash in its path");
  for (const char* path : {"../a.py", "a/../../b.py", "a/.."}) {
    EXPECT_EQ(path_defect(path), "has a path that leaves the root") << path;
  }
  for (const char* path : {"./a.py", "a//b.py", "a/./b.py"}) {
    EXPECT_EQ(path_defect(path), "has a path that is not in normal form") << path;
  }
  EXPECT_EQ(path_defect("a\nb.py"), "has control characters in its path");
  for (const char* path :
       {"\xFF.py", "\xC0\xAF.py", "\xED\xA0\x80.py", "\xF4\x90\x80\x80.py", "\xE2\x82"}) {
    EXPECT_EQ(path_defect(path), "has a path that is not UTF-8") << path;
  }
}

}  // namespace
}  // namespace torchdevice::gap

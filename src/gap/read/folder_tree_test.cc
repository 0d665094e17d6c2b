#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gap/read/source_tree.h"
#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

Lines sorted(Lines lines) {
  std::ranges::sort(lines);
  return lines;
}

/// The message of the ReadError that opening ends in.
std::string refusal(const std::string& path, std::string_view package = {}) {
  try {
    SourceTree::open(path, package);
  } catch (const ReadError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return {};
}

TEST(FolderTree, ListsAPackageWithItsDistInfo) {
  const TestFolder site;
  site.write("pkg/__init__.py", "a = 1\n");
  site.write("pkg/sub/stub.pyi", "");
  site.write("pkg/sub/data.json", "{}");
  site.write("pkg/__pycache__/cached.py", "");
  site.write("pkg/.hidden/secret.py", "");
  site.write("pkg-1.0.dist-info/METADATA", "Name: pkg\n");
  site.write("pkg-1.0.dist-info/LICENSE.py", "");
  site.write("other/__init__.py", "");
  site.write("other-1.0.dist-info/METADATA", "");
  const std::vector<std::string> expected = {"pkg-1.0.dist-info/METADATA", "pkg/__init__.py",
                                             "pkg/sub/stub.pyi"};
  for (const auto& tree : {SourceTree::open(site.at("pkg")), SourceTree::open(site.at("pkg/")),
                           SourceTree::open(site.at(""), "pkg")}) {
    EXPECT_EQ(paths(*tree), expected);
    EXPECT_EQ(tree->problems(), Lines{});
    const SourceEntry* entry = tree->find("pkg/__init__.py");
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->size, 6u);
    EXPECT_NE(entry->stamp, 0u);
    EXPECT_EQ(tree->read(*entry), "a = 1\n");
    EXPECT_EQ(tree->find("pkg/missing.py"), nullptr);
  }
  EXPECT_EQ(SourceTree::open(site.at("pkg"))->location(), site.at("pkg"));
}

TEST(FolderTree, FindsTheDistInfoOfAnotherName) {
  const TestFolder site;
  site.write("yaml/__init__.py", "");
  site.write("pyyaml-6.0.dist-info/METADATA", "");
  site.write("pyyaml-6.0.dist-info/top_level.txt", "_yaml\nyaml\n");
  site.write("Foo.Bar-1.dist-info/METADATA", "");
  site.write("foo_bar/__init__.py", "");
  EXPECT_EQ(paths(*SourceTree::open(site.at("yaml"))),
            (Lines{"pyyaml-6.0.dist-info/METADATA", "yaml/__init__.py"}));
  EXPECT_EQ(paths(*SourceTree::open(site.at("foo_bar"))),
            (Lines{"Foo.Bar-1.dist-info/METADATA", "foo_bar/__init__.py"}));
}

TEST(FolderTree, CountsPathsFromWhereImportsDo) {
  const TestFolder site;
  site.write("pkg/__init__.py", "");
  site.write("pkg/sub/__init__.py", "");
  site.write("pkg/sub/patch.py", "");
  EXPECT_EQ(paths(*SourceTree::open(site.at("pkg/sub"))),
            (Lines{"pkg/sub/__init__.py", "pkg/sub/patch.py"}));
  EXPECT_EQ(paths(*SourceTree::open(site.at("pkg/sub/patch.py"))), (Lines{"pkg/sub/patch.py"}));
  site.write("script.py", "");
  EXPECT_EQ(paths(*SourceTree::open(site.at("script.py"))), (Lines{"script.py"}));
}

TEST(FolderTree, ListsEverythingOfAFolderThatIsNoPackage) {
  const TestFolder checkout;
  checkout.write("setup.py", "");
  checkout.write("csrc/kernel.cpp", "");
  checkout.write("pkg/__init__.py", "");
  EXPECT_EQ(paths(*SourceTree::open(checkout.at(""))),
            (Lines{"csrc/kernel.cpp", "pkg/__init__.py", "setup.py"}));
}

TEST(FolderTree, FollowsLinksOnlyInside) {
  const TestFolder outside;
  outside.write("secret.py", "secret = 1\n");
  const TestFolder folder;
  folder.write("pkg/__init__.py", "");
  folder.write("pkg/real.py", "x = 1\n");
  folder.link("pkg/alias.py", "real.py");
  folder.link("pkg/loop", "..");
  folder.link("pkg/self.py", "self.py");
  folder.link("pkg/dangling.py", "nothing.py");
  folder.link("pkg/stolen.py", outside.at("secret.py"));
  folder.link("pkg/data.txt", "/etc/passwd");
  const auto tree = SourceTree::open(folder.at("pkg"));
  EXPECT_EQ(paths(*tree), (Lines{"pkg/__init__.py", "pkg/alias.py", "pkg/real.py"}));
  EXPECT_EQ(tree->read(*tree->find("pkg/alias.py")), "x = 1\n");
  EXPECT_EQ(
      sorted(tree->problems()),
      (Lines{"pkg/dangling.py: left out: a link to nothing",
             "pkg/loop: left out: a link to the folder " + folder.path().string() +
                 ": open that by itself",
             "pkg/self.py: left out: a link to nothing",
             "pkg/stolen.py: left out: a link out of the folder, to " + outside.at("secret.py")}));
}

TEST(FolderTree, LeavesOutWhatIsNoFile) {
  const TestFolder folder;
  folder.write("pkg/__init__.py", "");
  ASSERT_EQ(mkfifo(folder.at("pkg/pipe.py").c_str(), 0600), 0);
  folder.write("pkg/bad\nname.py", "");
  folder.write("pkg/big.py", "");
  std::filesystem::resize_file(folder.at("pkg/big.py"), SourceTree::kMaxFileSize + 1);
  const auto tree = SourceTree::open(folder.at("pkg"));
  EXPECT_EQ(paths(*tree), (Lines{"pkg/__init__.py"}));
  EXPECT_EQ(sorted(tree->problems()),
            (Lines{"pkg/bad\\x0aname.py: left out: has control characters in its path",
                   "pkg/big.py: left out: 67108865 bytes, more than 67108864",
                   "pkg/pipe.py: left out: not a regular file"}));
}

TEST(FolderTree, SaysWhyAFileCannotBeRead) {
  const TestFolder folder;
  for (const char* name : {"__init__.py", "gone.py", "grown.py", "locked.py"}) {
    folder.write(std::string("pkg/") + name, "x = 1\n");
  }
  const auto tree = SourceTree::open(folder.at("pkg"));
  const auto message = [&](std::string_view path) -> std::string {
    try {
      tree->read(*tree->find(path));
    } catch (const ReadError& error) {
      return error.what();
    }
    return {};
  };
  std::filesystem::remove(folder.at("pkg/gone.py"));
  folder.write("pkg/grown.py", "x = 1\ny = 2\n");
  EXPECT_EQ(message("pkg/gone.py"),
            folder.at("pkg/gone.py") + ": cannot be read: No such file or directory");
  EXPECT_EQ(message("pkg/grown.py"),
            folder.at("pkg/grown.py") + ": its size changed while it was read: run again");
  if (geteuid() != 0) {  // root reads everything
    std::filesystem::permissions(folder.at("pkg/locked.py"), std::filesystem::perms::none);
    EXPECT_EQ(message("pkg/locked.py"),
              folder.at("pkg/locked.py") + ": cannot be read: Permission denied");
  }
  EXPECT_EQ(message("pkg/__init__.py"), "");
}

TEST(FolderTree, SurvivesDeepFolders) {
  const TestFolder folder;
  folder.write("pkg/__init__.py", "");
  std::string deep = "pkg";
  for (int depth = 0; depth < 1000; ++depth) {
    deep += "/d";
  }
  folder.write(deep + "/deep.py", "");
  EXPECT_EQ(paths(*SourceTree::open(folder.at("pkg"))),
            (Lines{"pkg/__init__.py", deep + "/deep.py"}));
}

TEST(FolderTree, RefusesWhatHoldsNothingToRead) {
  const TestFolder folder;
  EXPECT_EQ(refusal(folder.at("nothing")),
            folder.at("nothing") + ": there is no such file or folder");
  EXPECT_EQ(refusal(folder.at("")),
            folder.path().string() + ": holds no Python, C++ or YAML source: name a package");
  folder.write("notes.txt", "");
  EXPECT_EQ(
      refusal(folder.at("notes.txt")),
      folder.at("notes.txt") + ": neither a folder nor a wheel (.whl, .zip) nor a Python file");
  folder.write("a.py", "");
  EXPECT_EQ(refusal(folder.at(""), "torch"),
            folder.path().string() + ": has no torch: name the folder that holds it");
}

TEST(FolderTree, ReadsFromSeveralThreads) {
  const TestFolder folder;
  folder.write("pkg/__init__.py", "");
  for (int file = 0; file < 200; ++file) {
    folder.write("pkg/f" + std::to_string(file) + ".py", std::string(file * 50, 'x'));
  }
  const auto tree = SourceTree::open(folder.at("pkg"));
  ASSERT_EQ(tree->entries().size(), 201u);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (const SourceEntry& entry : tree->entries()) {
        EXPECT_EQ(tree->read(entry).size(), entry.size);
      }
    });
  }
}

}  // namespace
}  // namespace torchdevice::gap

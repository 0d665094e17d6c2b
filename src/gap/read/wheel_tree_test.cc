#include "gap/read/wheel_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gap/read/source_tree.h"
#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

std::string refusal_to_open(const std::string& path) {
  return refusal_of([&] { SourceTree::open(path); });
}

/// Text that does not shrink much.
std::string noise(std::size_t size) {
  std::minstd_rand random(7);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::string text(size, '\0');
  std::ranges::generate(text, [&] { return static_cast<char>(random() >> 8); });
  return text;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  ASSERT_EQ(what.size(), with.size());
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

TEST(WheelTree, ReadsMembersInPlace) {
  const TestFolder folder;
  const std::string code = noise(100'000);
  write_zip(folder.at("pkg-1.0-py3-none-any.whl"),
            {{"pkg/b.py", code},
             {"pkg/__init__.py", "x = 1\n", S_IFREG | 0644},
             {"pkg/empty.py", ""},
             {"pkg/stored.py", code, 0, true},
             {"pkg/lib.so", "binary"},
             {"pkg/folder/", ""},
             {"pkg-1.0.data/purelib/pkg/pure.py", "pure = 1\n"},
             {"pkg-1.0.data/scripts/run.py", "run = 1\n"},
             {"pkg-1.0.dist-info/WHEEL", "Tag: py3-none-any\n"},
             {"other/__init__.py", ""}});
  const auto tree = SourceTree::open(folder.at("pkg-1.0-py3-none-any.whl"));
  EXPECT_EQ(paths(*tree),
            (Lines{"other/__init__.py", "pkg-1.0.data/scripts/run.py", "pkg-1.0.dist-info/WHEEL",
                   "pkg/__init__.py", "pkg/b.py", "pkg/empty.py", "pkg/pure.py", "pkg/stored.py"}));
  EXPECT_EQ(tree->problems(), Lines{});
  EXPECT_EQ(tree->read(*tree->find("pkg/b.py")), code);
  EXPECT_EQ(tree->read(*tree->find("pkg/stored.py")), code);
  EXPECT_EQ(tree->read(*tree->find("pkg/empty.py")), "");
  EXPECT_EQ(tree->read(*tree->find("pkg/pure.py")), "pure = 1\n");
  EXPECT_NE(tree->find("pkg/b.py")->stamp, tree->find("pkg/pure.py")->stamp);
  EXPECT_EQ(paths(*SourceTree::open(folder.at("pkg-1.0-py3-none-any.whl"), "other")),
            (Lines{"other/__init__.py", "pkg-1.0.dist-info/WHEEL"}));
}

TEST(WheelTree, GivesTheSameAsTheUnpackedFolder) {
  const TestFolder folder;
  const std::vector<TestMember> members = {{"pkg/__init__.py", "x = 1\n"},
                                           {"pkg/a/b.pyi", noise(5000)},
                                           {"pkg-1.dist-info/RECORD", "r"}};
  write_zip(folder.at("pkg.whl"), members);
  for (const TestMember& member : members) {
    folder.write("site/" + member.name, member.text);
  }
  const auto wheel = SourceTree::open(folder.at("pkg.whl"));
  const auto unpacked = SourceTree::open(folder.at("site/pkg"));
  EXPECT_EQ(paths(*wheel), paths(*unpacked));
  for (const SourceEntry& entry : wheel->entries()) {
    EXPECT_EQ(wheel->read(entry), unpacked->read(*unpacked->find(entry.path)));
  }
}

TEST(WheelTree, LeavesOutHostileMembers) {
  const TestFolder folder;
  write_zip(folder.at("evil.zip"), {{"good.py", "x = 1\n"},
                                    {"../up.py", "1"},
                                    {"a/../../up.py", "1"},
                                    {"/absolute.py", "1"},
                                    {"back\\slash.py", "1"},
                                    {"new\nline.py", "1"},
                                    {"evil.data/purelib//etc/hook.py", "1"},
                                    {"link.py", "/etc/passwd", S_IFLNK | 0777},
                                    {"device.py", "", S_IFCHR | 0666},
                                    {"bomb.py", std::string(10 << 20, '#')},
                                    {"vast.py", std::string((64 << 20) + 1, '#')}});
  const auto tree = SourceTree::open(folder.at("evil.zip"));
  EXPECT_EQ(paths(*tree), (Lines{"good.py"}));
  EXPECT_EQ(
      tree->problems(),
      (Lines{"../up.py: left out: has a path that leaves the root",
             "a/../../up.py: left out: has a path that leaves the root",
             "/absolute.py: left out: has an absolute path",
             "back\\slash.py: left out: has a backslash in its path",
             "new\\x0aline.py: left out: has control characters in its path",
             "evil.data/purelib//etc/hook.py: left out: has a path that is not in normal form",
             "link.py: left out: a link", "device.py: left out: not a regular file",
             "bomb.py: left out: a compression ratio over 200",
             "vast.py: left out: 67108865 bytes, more than 67108864"}));
}

TEST(WheelTree, LeavesOutMembersOfOneName) {
  const TestFolder folder;
  write_zip(folder.at("two.whl"), {{"aaa.py", "x = 1\n"}, {"bbb.py", "x = 2\n"}, {"ccc.py", ""}});
  std::string bytes = folder.read("two.whl");
  replace_all(bytes, "bbb.py", "aaa.py");
  folder.write("two.whl", bytes);
  const auto tree = SourceTree::open(folder.at("two.whl"));
  EXPECT_EQ(paths(*tree), (Lines{"ccc.py"}));
  EXPECT_EQ(tree->problems(), (Lines{"aaa.py: left out: 2 members of this path"}));
}

TEST(WheelTree, ComparesChecksums) {
  const TestFolder folder;
  write_zip(folder.at("bad.whl"), {{"a.py", "value = 12345\n", 0, true}, {"b.py", "fine = 1\n"}});
  std::string bytes = folder.read("bad.whl");
  replace_all(bytes, "12345", "54321");
  folder.write("bad.whl", bytes);
  const auto tree = SourceTree::open(folder.at("bad.whl"));
  EXPECT_EQ(refusal_of([&] { tree->read(*tree->find("a.py")); }),
            folder.at("bad.whl") + ": a.py: cannot be unpacked: CRC error: download it again");
  EXPECT_EQ(tree->read(*tree->find("b.py")), "fine = 1\n");
}

TEST(WheelTree, RefusesWhatIsNoArchive) {
  const TestFolder folder;
  folder.write("text.whl", "this is not a zip archive, but long enough to look at");
  EXPECT_TRUE(
      refusal_to_open(folder.at("text.whl"))
          .find("text.whl: not a readable zip archive: Not a zip archive: download it again") !=
      std::string::npos);
  folder.write("nothing.whl", "");
  EXPECT_TRUE(refusal_to_open(folder.at("nothing.whl")).find("nothing.whl: ") != std::string::npos);
  write_zip(folder.at("whole.whl"), {{"a.py", noise(1000)}, {"b.py", noise(1000)}});
  const std::string whole = folder.read("whole.whl");
  for (const std::size_t size :
       {whole.size() - 1, whole.size() - 30, whole.size() / 2, std::size_t{10}}) {
    folder.write("cut.whl", whole.substr(0, size));
    EXPECT_TRUE(refusal_to_open(folder.at("cut.whl")).find("cut.whl: not a readable zip archive") !=
                std::string::npos);
  }
  write_zip(folder.at("binary.whl"), {{"lib.so", "x"}});
  EXPECT_EQ(refusal_to_open(folder.at("binary.whl")),
            folder.at("binary.whl") + ": holds no Python, C++ or YAML source: name a package");
}

TEST(WheelTree, NoticesAnArchiveThatIsReplaced) {
  const TestFolder folder;
  write_zip(folder.at("a.whl"), {{"a.py", "x = 1\n"}, {"bad.py", "value = 12345\n", 0, true}});
  std::string bytes = folder.read("a.whl");
  replace_all(bytes, "12345", "54321");
  folder.write("a.whl", bytes);
  const auto tree = SourceTree::open(folder.at("a.whl"));
  const SourceEntry unknown{"b.py", 1, 1};
  EXPECT_EQ(refusal_of([&] { tree->read(unknown); }),
            folder.at("a.whl") + ": b.py: not in the archive");
  // What was open is given up after a failure: the next read opens the archive again.
  EXPECT_NE(refusal_of([&] { tree->read(*tree->find("bad.py")); }), "");
  write_zip(folder.at("a.whl"), {{"a.py", "other = 1\n"}});
  EXPECT_EQ(refusal_of([&] { tree->read(*tree->find("a.py")); }),
            folder.at("a.whl") + ": a.py: the archive changed while it was read: run again");
}

TEST(WheelTree, ReadsArchivesOfManyMembers) {
  const TestFolder folder;
  std::vector<TestMember> members;
  for (int member = 0; member < 70'000; ++member) {  // more than 65,535: zip64
    members.push_back({"m" + std::to_string(member) + ".py", "", 0, true});
  }
  members.push_back({"last.py", "last = 1\n"});
  write_zip(folder.at("many.whl"), members);
  const auto tree = SourceTree::open(folder.at("many.whl"));
  EXPECT_EQ(tree->entries().size(), 70'001u);
  EXPECT_EQ(tree->read(*tree->find("last.py")), "last = 1\n");
  for (int member = 70'000; member <= 200'000; ++member) {
    members.push_back({"m" + std::to_string(member) + ".py", "", 0, true});
  }
  write_zip(folder.at("more.whl"), members);
  EXPECT_TRUE(refusal_to_open(folder.at("more.whl")).find("200002 members, more than 200000") !=
              std::string::npos);
}

TEST(WheelTree, ReadsFromSeveralThreads) {
  const TestFolder folder;
  std::vector<TestMember> members;
  for (int member = 0; member < 100; ++member) {
    members.push_back(
        {"m" + std::to_string(member) + ".py", noise(static_cast<std::size_t>(member) * 100)});
  }
  write_zip(folder.at("a.whl"), members);
  const auto tree = SourceTree::open(folder.at("a.whl"));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (const TestMember& member : members) {
        EXPECT_EQ(tree->read(*tree->find(member.name)), member.text);
      }
    });
  }
}

TEST(WheelTree, ReadsAnArchiveInMemory) {
  const TestFolder folder;
  write_zip(folder.at("a.whl"), {{"a.py", "x = 1\n"}});
  const std::string bytes = folder.read("a.whl");
  const auto tree = open_wheel_in_memory("a.whl", bytes, {});
  EXPECT_EQ(tree->read(*tree->find("a.py")), "x = 1\n");
}

}  // namespace
}  // namespace torchdevice::gap

#include "gap/read/python/python_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gap/read/python/python_dump_test.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::unique_ptr<PythonFile> parse(std::string text, Bodies bodies = Bodies::Elided) {
  return PythonFile::parse("x.py", std::move(text), bodies);
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The files of PyTorch in a folder, sorted.
std::vector<fs::path> torch_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(TORCHDEVICE_TEST_TORCH) / folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".py" || extension == ".pyi") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

const FunctionDef& function_of(const PythonFile& file, std::size_t statement = 0) {
  return std::get<FunctionDef>(file.statements()[statement].node);
}

std::vector<std::string> messages(const PythonFile& file) {
  std::vector<std::string> found;
  for (const SyntaxError& error : file.errors()) {
    found.push_back(std::to_string(error.line) + ": " + error.message);
  }
  return found;
}

using Messages = std::vector<std::string>;

TEST(PythonFile, KnowsPathTextAndLines) {
  const auto file = PythonFile::parse("a/b.pyi", "x = 1\r\ny = 2\rz = 3\n", Bodies::Parsed);
  EXPECT_EQ(file->path(), "a/b.pyi");
  EXPECT_TRUE(file->is_stub());
  EXPECT_FALSE(parse("")->is_stub());
  ASSERT_EQ(file->statements().size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(file->line(file->statements()[i].range.begin), i + 1);
  }
  EXPECT_EQ(file->text(file->statements()[1].range), "y = 2");
}

// Between the functions, and of the functions all but their statements.
TEST(PythonFile, ReadsPyTorchAlikeWithAndWithoutBodies) {
  for (const fs::path& path : torch_files("")) {
    const std::string text = read(path);
    const auto elided = parse(text);
    const auto parsed = parse(text, Bodies::Parsed);
    EXPECT_EQ(messages(*elided), Messages{}) << path;
    EXPECT_EQ(messages(*parsed), Messages{}) << path;
    EXPECT_EQ(dump(*elided, DumpBodies::Left), dump(*parsed, DumpBodies::Left)) << path;
  }
}

TEST(PythonFile, BodiesAreTheSameReadLater) {
  for (const char* folder : {"nn", "cuda", "utils"}) {
    for (const fs::path& path : torch_files(folder)) {
      const std::string text = read(path);
      EXPECT_EQ(dump(*parse(text), DumpBodies::Read),
                dump(*parse(text, Bodies::Parsed), DumpBodies::Read))
          << path;
    }
  }
}

TEST(PythonFile, ReadsABodyOnceAndWhole) {
  const auto file = parse(
      "class A:\n"
      "  def f(self):\n"
      "    'doc'\n"
      "    def g():\n"
      "      return 1\n"
      "    return g\n");
  const auto& a = std::get<ClassDef>(file->statements()[0].node);
  const auto& f = std::get<FunctionDef>(a.body[0].node);
  EXPECT_TRUE(f.body_elided);
  EXPECT_TRUE(f.body.empty());
  EXPECT_EQ(f.docstring_literal, "'doc'");
  const Block body = file->body(f);
  ASSERT_EQ(body.size(), 3u);
  EXPECT_EQ(body.data(), file->body(f).data());
  const auto& g = std::get<FunctionDef>(body[1].node);
  EXPECT_FALSE(g.body_elided);
  ASSERT_EQ(file->body(g).size(), 1u);
  EXPECT_EQ(file->text(file->body(g)[0].range), "return 1");
  EXPECT_EQ(file->line(body[2].range.begin), 6u);
}

TEST(PythonFile, ReadsWhatItCanOfABodyWithErrors) {
  const auto file = parse("def f():\n  x = 1 1\n  y = 2\n\ndef g():\n  1 +\n");
  EXPECT_EQ(messages(*file), Messages{});
  EXPECT_EQ(dump(*file, DumpBodies::Read, DumpRanges::Left),
            "def f()\n"
            "  body:\n"
            "    opaque\n"
            "    assign [Name'y'] = Number'2'\n"
            "def g()\n"
            "  body:\n"
            "    opaque");
}

TEST(PythonFile, ReadsBodiesFromAnyThread) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text += "def f" + std::to_string(i) + "():\n  return " + std::to_string(i) + "\n";
  }
  const auto file = parse(text);
  const auto read_all = [&] {
    for (std::size_t i = 0; i < 50; ++i) {
      const Block body = file->body(function_of(*file, i));
      ASSERT_EQ(body.size(), 1u);
      ASSERT_EQ(std::get<Return>(body[0].node).value->text, std::to_string(i));
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(read_all);
  for (std::thread& thread : threads) thread.join();
}

TEST(PythonFile, ReportsErrorsWhereTheyAre) {
  EXPECT_EQ(messages(*parse("x = 1\ny = = 2\nz = 3\n")), Messages{"2: syntax error at `=`"});
  EXPECT_EQ(messages(*parse("x = 1\nf(a b)\n")), Messages{"2: syntax error at `b`"});
  EXPECT_EQ(messages(*parse("(\n")), Messages{"1: syntax error at `(`"});
  EXPECT_EQ(messages(*parse("def f(a b): pass\n")), Messages{"1: syntax error at `b`"});
}

TEST(PythonFile, GoesOnBehindAnError) {
  const auto file = parse("x = 1\nx = = 2\nclass A:\n  y = 1 1\n  z = 3\nw = 4\n");
  EXPECT_FALSE(file->errors().empty());
  const std::string tree = dump(*file, DumpBodies::Left, DumpRanges::Left);
  for (const char* kept : {"assign [Name'x'] = Number'1'", "class A",
                           "assign [Name'z'] = Number'3'", "assign [Name'w'] = Number'4'"}) {
    EXPECT_NE(tree.find(kept), tree.npos) << tree;
  }
  EXPECT_EQ(tree.find("Number'2'"), tree.npos) << tree;
}

TEST(PythonFile, ReadsNoParametersOfPython2) {
  const auto file = parse("def f((a, b), c): pass\nx = 1\n");
  EXPECT_EQ(messages(*file), Messages{"1: syntax error: not a parameter of Python 3"});
  EXPECT_EQ(dump(*file, DumpBodies::Left, DumpRanges::Left),
            "opaque\nassign [Name'x'] = Number'1'");
}

TEST(PythonFile, OnlyTheSmallestThingIsOpaque) {
  const auto file = parse("x = f(a, g(b c), d)\n");
  EXPECT_EQ(dump(*file, DumpBodies::Left, DumpRanges::Left),
            "assign [Name'x'] = Call[Name'f', Name'a', Opaque, Name'd']");
}

TEST(PythonFile, ReplacesWhatIsNoText) {
  const auto file = parse("a = '\xFF'\nb = '\xC3\xA9\xED\xA0\x80'\nc = 'x\0y'\n"s);
  EXPECT_EQ(messages(*file), (Messages{"1: not UTF-8", "3: NUL byte"}));
  EXPECT_EQ(file->text(), "a = '?'\nb = 'é?\?\?'\nc = 'x?y'\n");
  EXPECT_EQ(file->statements().size(), 3u);
}

TEST(PythonFile, ReadsMarksAndFeeds) {
  EXPECT_EQ(dump(*parse("\xEF\xBB\xBFx\n\f\ndef f():\n  \f  y\n"), DumpBodies::Read),
            "Name@3-4'x'@3-4\ndef f() body@21-22\n  body:\n    Name@21-22'y'@21-22@7-22");
}

TEST(PythonFile, ReadsAlmostNothing) {
  for (const char* text : {"", "\n", "  ", "# comment", "\\\n", "\f", "\xEF\xBB\xBF"}) {
    const auto file = parse(text);
    EXPECT_TRUE(file->statements().empty()) << text;
    EXPECT_TRUE(file->errors().empty()) << text;
  }
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  while (times-- > 0) result += text;
  return result;
}

// The deep part is left out, with one error; what is around it is read.
TEST(PythonFile, LeavesOutWhatIsNestedTooDeep) {
  constexpr std::size_t kMany = 100'000;
  for (const std::string& deep : {
           repeated("(", kMany) + repeated(")", kMany),
           repeated("[", kMany) + repeated("]", kMany),
           repeated("not ", kMany) + "a",
           repeated("-", kMany) + "a",
           "a" + repeated(".b", kMany),
           "a" + repeated("()", kMany),
           "a" + repeated("[0]", kMany),
           "1" + repeated("+1", kMany),
           "1" + repeated("**1", kMany),
           repeated("lambda: ", kMany) + "1",
           repeated("a if b else ", kMany) + "c",
       }) {
    const auto file = parse("x = 1\ny = " + deep + "\nz = 3\n");
    EXPECT_EQ(messages(*file),
              Messages{"2: nested deeper than 1000 levels: what is deeper was not read"});
    EXPECT_EQ(file->statements().size(), 3u);
  }
}

TEST(PythonFile, ReadsLongFlatThings) {
  constexpr std::size_t kMany = 100'000;
  for (const std::string& flat : {
           "x = a" + repeated(" or a", kMany),
           "x = a" + repeated(" < a", kMany),
           "x = [" + repeated("a, ", kMany) + "]",
           repeated("x = ", kMany) + "a",
           "x = " + repeated("'a' ", kMany),
           repeated("x\n", kMany),
           repeated("@a\n", kMany) + "def f(): pass",
       }) {
    EXPECT_EQ(messages(*parse(flat)), Messages{}) << flat.substr(0, 40);
  }
}

TEST(PythonFile, LimitsChainsOfElif) {
  const auto file = parse("if a: pass\n" + repeated("elif b: pass\n", 5000));
  EXPECT_EQ(messages(*file),
            Messages{"1002: nested deeper than 1000 levels: what is deeper was not read"});
}

TEST(PythonFile, LimitsIndentation) {
  std::string text;
  for (std::size_t i = 0; i < 2000; ++i) text += std::string(i, ' ') + "if a:\n";
  const auto file = parse(text + std::string(2000, ' ') + "b\n");
  ASSERT_FALSE(file->errors().empty());
  EXPECT_EQ(file->errors().back().message, "indented by more than 255 columns: not read");
}

// One error or more, no crash, and an end.
TEST(PythonFile, SurvivesWhatIsNoPython) {
  constexpr std::size_t kMany = 20'000;
  for (const std::string& text : {
           repeated("(", kMany),
           repeated("([{", kMany),
           repeated("f\"{", kMany),
           repeated("'", kMany + 1),
           repeated(":\n", kMany),
           repeated("(x := ", kMany),
           "x = " + repeated("*", kMany),
           "from " + repeated(".", kMany) + "import",
           repeated("\xFF", kMany),
           std::string(kMany, '\0'),
           "x = '''" + repeated("a\n", kMany),
       }) {
    EXPECT_FALSE(parse(text)->errors().empty()) << text.substr(0, 40);
    EXPECT_FALSE(parse(text, Bodies::Parsed)->errors().empty()) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace torchdevice::gap

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gap/read/python/python_dump_test.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;

/// A piece of Python and the tree that CPython has for it (tests/gap/test_python_reader.py).
struct Block {
  std::string source;
  std::string tree;
};

/// Lines of source, lines of the tree behind `| `, an empty line.
std::vector<Block> blocks(const fs::path& path) {
  std::ifstream file(path);
  std::vector<Block> found(1);
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) {
      found.emplace_back();
    } else if (line.starts_with("|")) {
      found.back().tree += (found.back().tree.empty() ? "" : "\n") + line.substr(2);
    } else {
      found.back().source += line + "\n";
    }
  }
  return found;
}

class PythonSyntax : public testing::TestWithParam<fs::path> {};

TEST_P(PythonSyntax, ReadsAsCPythonDoes) {
  for (const Block& block : blocks(GetParam())) {
    for (const Bodies bodies : {Bodies::Parsed, Bodies::Elided}) {
      const auto file = PythonFile::parse("x.py", block.source, bodies);
      EXPECT_EQ(dump(*file, DumpBodies::Read, DumpRanges::Left), block.tree) << block.source;
      EXPECT_TRUE(file->errors().empty()) << block.source;
    }
  }
}

std::vector<fs::path> topics() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(TORCHDEVICE_TEST_DATA) / "python")) {
    found.push_back(entry.path());
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Topics, PythonSyntax, testing::ValuesIn(topics()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace torchdevice::gap

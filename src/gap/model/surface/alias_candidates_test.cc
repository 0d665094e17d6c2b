#include "gap/model/surface/alias_candidates.h"

#include <gtest/gtest.h>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

TEST(AliasCandidates, AreJudgedByTheirWords) {
  const TestFolder folder;
  folder.write("t/__init__.py", "");
  folder.write("t/imports.py", "from t.cuda import Stream\n__all__ = ['Stream']\n");
  folder.write("t/relative.py", "from .cuda import (\n    Stream as S,\n)\n__all__ = ['S']\n");
  folder.write("t/assigns.py", "import t\n__all__ = ['S']\nS = t.cuda.Stream\n");
  folder.write("t/star.py", "from t.cuda import *\n__all__ = []\n");
  folder.write("t/all.py", "import t\n__all__ = t.cuda.__all__\n");
  folder.write("t/in_stub.py", "x = 1\n");
  folder.write("t/in_stub.pyi", "from t.cuda import Stream\n__all__ = ['Stream']\n");
  folder.write("t/no_all.py", "from t.cuda import Stream\n");
  folder.write("t/other_home.py", "from t.mps import Stream\n__all__ = ['Stream']  # as on cuda\n");
  folder.write("t/other_name.py",
               "from t.cuda import StreamContext\n__all__ = ['StreamContext']\n");
  const auto tree = SourceTree::open(folder.at(""));
  const std::vector<std::string> modules = {"t.imports", "t.relative",   "t.assigns",
                                            "t.star",    "t.all",        "t.in_stub",
                                            "t.no_all",  "t.other_home", "t.other_name"};
  const std::vector<std::string> expected = {"t.imports", "t.relative", "t.assigns",
                                             "t.star",    "t.all",      "t.in_stub"};
  EXPECT_EQ(alias_candidates(*tree, modules, {{"Stream", "cuda"}}), expected);
  EXPECT_TRUE(alias_candidates(*tree, modules, {}).empty());
}

}  // namespace
}  // namespace torchdevice::gap

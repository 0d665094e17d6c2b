#include "gap/read/yaml.h"

#include <gtest/gtest.h>

#include <string>

#include "gap/read/source_tree.h"
#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

std::string refusal(const std::string& text) {
  return refusal_of([&] { parse_yaml("x.yaml", text); });
}

TEST(Yaml, ReadsListsMapsAndScalarsWithLines) {
  const YamlNode root = parse_yaml("x.yaml",
                                   "# comment\n"
                                   "- func: add(Tensor self) -> Tensor  # noqa\n"
                                   "  structured: True\n"
                                   "  tags: [core, pointwise]\n"
                                   "  dispatch:\n"
                                   "    CPU, CUDA: add\n"
                                   "    MPS: \"add # mps\"\n"
                                   "\n"
                                   "- desc: |\n"
                                   "    two\n"
                                   "    lines\n"
                                   "  empty:\n");
  ASSERT_TRUE(root.is_list());
  ASSERT_EQ(root.items.size(), 2u);
  const YamlNode& first = root.items[0];
  ASSERT_TRUE(first.is_map());
  EXPECT_EQ(first.line, 2u);
  EXPECT_EQ(first.find("func")->scalar, "add(Tensor self) -> Tensor");
  EXPECT_EQ(first.find("structured")->scalar, "True");
  EXPECT_EQ(first.find("missing"), nullptr);
  ASSERT_EQ(first.find("tags")->items.size(), 2u);
  EXPECT_EQ(first.find("tags")->items[1].scalar, "pointwise");
  const YamlNode& dispatch = *first.find("dispatch");
  ASSERT_EQ(dispatch.members.size(), 2u);
  EXPECT_EQ(dispatch.members[0].key, "CPU, CUDA");
  EXPECT_EQ(dispatch.members[1].value.scalar, "add # mps");
  EXPECT_EQ(dispatch.members[1].value.line, 7u);
  EXPECT_EQ(root.items[1].line, 9u);
  EXPECT_EQ(root.items[1].find("desc")->scalar, "two\nlines\n");
  EXPECT_EQ(root.items[1].find("empty")->scalar, "");
}

TEST(Yaml, RefusesWhatTablesDoNotNeed) {
  EXPECT_EQ(refusal("- &a [x]\n- *a\n"), "x.yaml:1: an anchor, which this reader refuses");
  EXPECT_EQ(refusal("- x\n- *a\n"), "x.yaml:2: an alias, which this reader refuses");
  EXPECT_EQ(refusal("a: !!python/object:os.system x\n"),
            "x.yaml:1: a tag, which this reader refuses");
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "x.yaml:1: the key a stands twice in one map");
  EXPECT_EQ(refusal("? [a]\n: 1\n"), "x.yaml:1: a key that is not a scalar");
  EXPECT_EQ(refusal("a: 1\n---\nb: 1\n"), "x.yaml:2: not a file of one YAML document");
  EXPECT_EQ(refusal(""), "x.yaml:1: not a file of one YAML document");
}

TEST(Yaml, SaysWhereItIsBroken) {
  EXPECT_EQ(refusal("a: 1\nb: [1, 2\n"), "x.yaml:3: not YAML: did not find expected ',' or ']'");
  EXPECT_EQ(refusal("a: 1\nb: @x\n"),
            "x.yaml:2: not YAML: found character that cannot start any token");
  EXPECT_EQ(refusal("a: \xFF\n"), "x.yaml:1: not YAML: invalid leading UTF-8 octet");
  EXPECT_EQ(refusal(std::string("a: \0\n", 5)),
            "x.yaml:1: not YAML: control characters are not allowed");
}

TEST(Yaml, BoundsNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(kMaxYamlDepth)), "");
  EXPECT_EQ(refusal(nested(kMaxYamlDepth + 2)), "x.yaml:1: nested deeper than 64");
  EXPECT_NE(refusal(nested(100'000)), "");
  std::string maps;
  for (int depth = 0; depth < 1000; ++depth) {
    maps += std::string(static_cast<std::size_t>(depth), ' ') + "a:\n";
  }
  EXPECT_EQ(refusal(maps), "x.yaml:66: nested deeper than 64");
}

}  // namespace
}  // namespace torchdevice::gap

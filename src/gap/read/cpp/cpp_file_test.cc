#include "gap/read/cpp/cpp_file.h"

#include <gtest/gtest.h>

namespace torchdevice::gap {
namespace {

const CppNode* find(const CppNode& node, CppKind kind) {
  if (node.kind == kind) {
    return &node;
  }
  for (const CppNode* item : node.items) {
    if (const CppNode* found = find(*item, kind)) return found;
  }
  return nullptr;
}

TEST(CppFile, ReadsClasses) {
  const auto file = CppFile::parse(
      "a.h",
      "namespace a {\nclass Hooks final : public at::Base<int>, Other {\n"
      "  bool built(int n = 3) const override { return true; }\n  void late() final;\n};\n}",
      {});
  const CppNode* type = find(file->root(), CppKind::Class);
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->text, "Hooks");
  ASSERT_EQ(type->items.size(), 4U);
  EXPECT_EQ(type->items[0]->text, "at::Base");
  EXPECT_EQ(type->items[1]->text, "Other");
  EXPECT_EQ(type->items[2]->kind, CppKind::Function);
  EXPECT_EQ(type->items[2]->text, "built");
  EXPECT_TRUE(type->items[2]->overrides);
  EXPECT_EQ(type->items[3]->kind, CppKind::FunctionDeclaration);
  EXPECT_TRUE(type->items[3]->overrides);
  EXPECT_EQ(file->line(type->items[3]->range.begin), 4U);
}

TEST(CppFile, ReadsStrings) {
  const auto text = [](std::string_view expression) {
    const auto file = CppFile::parse("a.cc", "auto x = " + std::string(expression) + ";", {});
    const CppNode* node = find(file->root(), CppKind::String);
    return node == nullptr ? std::string("none") : std::string(node->text);
  };
  EXPECT_EQ(text(R"("add.Tensor")"), "add.Tensor");
  EXPECT_EQ(text(R"("a" "b")"), "ab");
  EXPECT_EQ(text(R"("a\"b")"), "a\"b");
  EXPECT_EQ(text("R\"(raw \\n)\""), "raw \\n");
}

TEST(CppFile, TellsConditions) {
  const auto file = CppFile::parse("a.cc", "#if A\n#ifdef B\nint x;\n#endif\n#endif\nint y;\n", {});
  ASSERT_EQ(file->root().items.size(), 2U);
  EXPECT_EQ(file->condition(file->root().items[0]->range.begin), "A and defined(B)");
  EXPECT_EQ(file->condition(file->root().items[1]->range.begin), "");
}

TEST(CppFile, RefusesWhatIsTooMuch) {
  const auto nested = CppFile::parse(
      "n.cc", "int x = " + std::string(100'000, '(') + "1" + std::string(100'000, ')') + ";", {});
  ASSERT_EQ(nested->problems().size(), 1U);
  EXPECT_EQ(nested->problems()[0], "n.cc: not read: brackets are nested more than 500 deep");

  const auto large = CppFile::parse("l.cc", std::string(CppFile::kMaxSize + 1, ' '), {});
  ASSERT_EQ(large->problems().size(), 1U);
  EXPECT_TRUE(large->root().items.empty());

  const auto deep = CppFile::parse("d.cc", "int x = " + std::string(100'000, '!') + "1;", {});
  EXPECT_EQ(deep->problems().size(), 1U);
}

TEST(CppFile, RecoversFromNonsense) {
  const auto file =
      CppFile::parse("a.cc", "\xff\xfe }}} void ((( f\nint after() { return 1; }", {});
  EXPECT_NE(find(file->root(), CppKind::Return), nullptr);
}

}  // namespace
}  // namespace torchdevice::gap

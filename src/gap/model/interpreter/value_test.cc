#include "gap/model/interpreter/value.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

class NamespaceTest : public testing::Test {
 protected:
  Value* value() { return &values_.emplace_back(); }
  static Condition test(std::uint32_t at, bool negated, const Condition* outer = nullptr) {
    return {.outer = outer,
            .file = nullptr,
            .test = {at, at + 1},
            .negated = negated,
            .kind = Condition::Kind::If};
  }

  std::vector<Value> values_ = [] {
    std::vector<Value> values;
    values.reserve(100);
    return values;
  }();
  Namespace names_;
};

TEST(ConditionTest, ANegatedNegationIsTheTestItself) {
  for (const auto& [test, negated] :
       std::vector<std::pair<std::string, std::string>>{{"not x", "x"},
                                                        {"not f(a and b)", "f(a and b)"},
                                                        {"not 'a or b' == x", "'a or b' == x"},
                                                        {"not x and y", "not (not x and y)"},
                                                        {"not x or y", "not (not x or y)"},
                                                        {"x", "not (x)"},
                                                        {"nothing", "not (nothing)"}}) {
    const auto file = PythonFile::parse("test.py", test, Bodies::Elided);
    const Condition condition{.outer = nullptr,
                              .file = file.get(),
                              .test = {0, static_cast<std::uint32_t>(test.size())},
                              .negated = true,
                              .kind = Condition::Kind::If};
    EXPECT_EQ(condition.text(), negated);
  }
}

TEST_F(NamespaceTest, FindsEachOfManyNames) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back("name" + std::to_string(i));
  Value* one = value();
  for (const std::string& text : texts) names_.bind(text, {one, {}, nullptr});
  EXPECT_EQ(names_.bindings().size(), 1000u);
  for (const std::string& text : texts) {
    ASSERT_NE(names_.find(text), nullptr);
    EXPECT_EQ(names_.find(text)->name, text);
  }
  EXPECT_EQ(names_.find("other"), nullptr);
}

TEST_F(NamespaceTest, KeepsTheOtherBranch) {
  const Condition holds = test(10, false);
  const Condition fails = test(10, true);
  Value* before = value();
  Value* then = value();
  Value* otherwise = value();
  names_.bind("x", {before, {}, nullptr});
  names_.bind("x", {then, {}, &holds});
  EXPECT_EQ(names_.find("x")->definition.value, then);
  ASSERT_EQ(names_.find("x")->alternatives.size(), 1u);
  EXPECT_EQ(names_.find("x")->alternatives[0].value, before);
  // Once both branches define it, what stood before cannot be met any more.
  names_.bind("x", {otherwise, {}, &fails});
  EXPECT_EQ(names_.find("x")->definition.value, otherwise);
  ASSERT_EQ(names_.find("x")->alternatives.size(), 1u);
  EXPECT_EQ(names_.find("x")->alternatives[0].value, then);
}

TEST_F(NamespaceTest, TheSameInBothBranchesIsUnconditional) {
  const Condition holds = test(10, false);
  const Condition fails = test(10, true);
  Value* same = value();
  names_.bind("x", {same, {}, &holds});
  names_.bind("x", {same, {}, &fails});
  EXPECT_EQ(names_.find("x")->definition.condition, nullptr);
  EXPECT_TRUE(names_.find("x")->alternatives.empty());
}

TEST_F(NamespaceTest, AHandlerIsTheAlternative) {
  Condition handler = test(20, false);
  handler.kind = Condition::Kind::Except;
  Value* in_try = value();
  Value* in_handler = value();
  names_.bind("x", {in_try, {}, nullptr});
  names_.bind("x", {in_handler, {}, &handler});
  EXPECT_EQ(names_.find("x")->definition.value, in_try);
  ASSERT_EQ(names_.find("x")->alternatives.size(), 1u);
  EXPECT_EQ(names_.find("x")->alternatives[0].value, in_handler);
}

TEST_F(NamespaceTest, DeletingUnderATestDeletesOnlyThere) {
  const Condition holds = test(10, false);
  Value* always = value();
  names_.bind("x", {always, {}, nullptr});
  names_.remove("x", &holds);
  EXPECT_FALSE(names_.find("x")->deleted);
  names_.remove("x");
  EXPECT_TRUE(names_.find("x")->deleted);
  names_.bind("x", {always, {}, nullptr});
  EXPECT_FALSE(names_.find("x")->deleted);
}

TEST_F(NamespaceTest, AConditionOfTheScopeIsNone) {
  const Condition outer = test(10, false);
  names_.bind("x", {value(), {}, &outer}, &outer);
  EXPECT_EQ(names_.find("x")->definition.condition, nullptr);
}

}  // namespace
}  // namespace torchdevice::gap

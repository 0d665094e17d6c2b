#include "gap/model/signature/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

std::vector<Signature> parse(const std::vector<std::string>& texts) {
  std::vector<Signature> signatures;
  for (const std::string& text : texts) {
    const std::unique_ptr<PythonFile> file =
        PythonFile::parse("m.py", "def f" + text + ": ...\n", Bodies::Elided);
    signatures.push_back(
        signature_of(std::get<FunctionDef>(file->statements().front().node), *file));
  }
  return signatures;
}

Comparison compare(const std::vector<std::string>& before, const std::vector<std::string>& after,
                   Forwarding forwarding = Forwarding::None) {
  return compare_signatures(parse(before), parse(after), forwarding);
}

/// "default_changed(dim)!": the parameter, and `!` where calls break.
std::string summary(const Comparison& comparison) {
  std::string text;
  for (const Difference& difference : comparison.differences) {
    text += text.empty() ? "" : " ";
    text += std::string(to_string(difference.what)) + "(" + difference.parameter + ")" +
            (difference.breaks_valid_calls ? "!" : "");
  }
  return text;
}

struct Case {
  const char* before;
  const char* after;
  Verdict verdict;
  const char* differences;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.before << " -> " << c.after;
}

class Pairs : public testing::TestWithParam<Case> {};

TEST_P(Pairs, Differences) {
  const Comparison comparison = compare({GetParam().before}, {GetParam().after});
  EXPECT_EQ(summary(comparison), GetParam().differences);
  EXPECT_EQ(comparison.verdict, GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(
    Same, Pairs,
    testing::Values(Case{"(a, b=1)", "(a, b=1)", Verdict::Match, ""},
                    Case{"(x: Optional[int] = None)", "(x: 'int | None' = None)", Verdict::Match,
                         ""},
                    Case{"(eps=1e-5, m='a')", "(eps=1e-05, m=\"a\")", Verdict::Match, ""},
                    Case{"(self, a)", "(this, a)", Verdict::Match, ""},
                    Case{"(a, /)", "(b, /)", Verdict::Match, ""},
                    Case{"(a, /)", "(b)", Verdict::Match, ""},
                    Case{"(__a)", "(b)", Verdict::Match, ""},
                    Case{"(a: int = ...)", "(a: int = 3)", Verdict::Match, ""}));

INSTANTIATE_TEST_SUITE_P(
    Parameters, Pairs,
    testing::Values(Case{"(a, b)", "(a)", Verdict::Mismatch, "parameter_missing(b)!"},
                    Case{"(a, *, b)", "(a)", Verdict::Mismatch, "parameter_missing(b)!"},
                    Case{"(*args)", "()", Verdict::Mismatch, "parameter_missing(*args)!"},
                    Case{"(**kwargs)", "(a=1)", Verdict::Mismatch,
                         "parameter_missing(**kwargs)! optional_parameter_added(a)"},
                    Case{"(input, dim)", "(self, dim)", Verdict::Mismatch,
                         "parameter_renamed(input)!"},
                    Case{"(a, b)", "(b, a)", Verdict::Mismatch,
                         "parameter_reordered(a)! parameter_reordered(b)!"},
                    Case{"(a, c)", "(a, b=0, c=0)", Verdict::Mismatch,
                         "parameter_reordered(c)! default_added(c) optional_parameter_added(b)"},
                    Case{"(a)", "(a, b)", Verdict::Mismatch, "required_parameter_added(b)!"},
                    Case{"(a)", "(a, *, b)", Verdict::Mismatch, "required_parameter_added(b)!"},
                    Case{"(a)", "(a, b=None)", Verdict::Match, "optional_parameter_added(b)"},
                    Case{"(a)", "(a, *rest, **more)", Verdict::Match,
                         "optional_parameter_added(*rest) optional_parameter_added(**more)"}));

INSTANTIATE_TEST_SUITE_P(
    KindsAndDefaults, Pairs,
    testing::Values(Case{"(a, b)", "(a, *, b)", Verdict::Mismatch, "kind_changed(b)!"},
                    Case{"(a, b)", "(a, b, /)", Verdict::Mismatch,
                         "kind_changed(a)! kind_changed(b)!"},
                    Case{"(a, *, b)", "(a, b)", Verdict::Match, "kind_changed(b)"},
                    Case{"(a, b)", "(a, **kwargs)", Verdict::Mismatch,
                         "kind_changed(b)! optional_parameter_added(**kwargs)"},
                    Case{"(a, b)", "(a, *args)", Verdict::Mismatch,
                         "kind_changed(b)! optional_parameter_added(*args)"},
                    Case{"(a=1)", "(a=2)", Verdict::Mismatch, "default_changed(a)!"},
                    Case{"(a=None)", "(a=False)", Verdict::Mismatch, "default_changed(a)!"},
                    Case{"(a=1)", "(a)", Verdict::Mismatch, "default_lost(a)!"},
                    Case{"(a)", "(a=1)", Verdict::Match, "default_added(a)"}));

INSTANTIATE_TEST_SUITE_P(
    RestAndAnnotations, Pairs,
    testing::Values(Case{"(a, b, *, c)", "(a, *args, **kwargs)", Verdict::Mismatch,
                         "swallowed_by_var_args(b)! swallowed_by_var_args(c)! "
                         "optional_parameter_added(*args) optional_parameter_added(**kwargs)"},
                    Case{"(a: int)", "(a: str)", Verdict::Match, "annotation_changed(a)"},
                    Case{"() -> int", "() -> str", Verdict::Match, "return_annotation_changed()"},
                    Case{"() -> int", "()", Verdict::Match, ""}));

TEST(Compare, TakesAnything) {
  const Comparison mock = compare({"(a, b=1)"}, {"(*a, **k)"}, Forwarding::None);
  EXPECT_EQ(mock.verdict, Verdict::AcceptsAny);
  EXPECT_EQ(summary(mock).find("swallowed_by_var_args(a)! swallowed_by_var_args(b)!"), 0u);
  EXPECT_EQ(compare({"(a)"}, {"(*a, **k)"}, Forwarding::Forwards).verdict, Verdict::Passthrough);
  EXPECT_EQ(compare({"(self, a)"}, {"(self, *a, **k)"}, Forwarding::Forwards).verdict,
            Verdict::Passthrough);
  EXPECT_EQ(compare({"(a)"}, {"(*a, **k)"}, Forwarding::Unknown).verdict, Verdict::Unknown);
  EXPECT_EQ(compare({"(*args, **kwargs)"}, {"(*a, **k)"}).verdict, Verdict::Match);
}

TEST(Compare, WrapperWithSomeParametersOfItsOwn) {
  EXPECT_EQ(compare({"(a, b, *, c=1)"}, {"(a, *args, **kwargs)"}, Forwarding::Forwards).verdict,
            Verdict::Match);
  const Comparison unknown = compare({"(a, b)"}, {"(a, *args, **kwargs)"}, Forwarding::Unknown);
  EXPECT_EQ(summary(unknown), "swallowed_by_var_args(b)");
  EXPECT_EQ(unknown.verdict, Verdict::Match);
  EXPECT_EQ(summary(compare({"(a, b)"}, {"(device=None, *args, **kwargs)"}, Forwarding::Forwards)),
            "parameter_renamed(a)! default_added(a)");
}

TEST(Compare, OverloadsAreServedByAnyOverload) {
  const std::vector<std::string> size = {"(self) -> Size", "(self, dim: int) -> int"};
  EXPECT_EQ(compare(size, {"(self, dim=None)"}).verdict, Verdict::Match);
  EXPECT_EQ(compare(size, {size[1], size[0]}).verdict, Verdict::Match);
  const Comparison lost = compare(size, {"(self)"});
  EXPECT_EQ(lost.verdict, Verdict::Mismatch);
  ASSERT_EQ(summary(lost), "overload_missing()!");
  EXPECT_EQ(lost.differences[0].detail, "`(self, dim: int) -> int`: `dim` is missing");
}

TEST(Compare, NoOverloadServedNamesTheDifferences) {
  EXPECT_EQ(summary(compare({"(a, b)", "(a, c)"}, {"(a)"})),
            "parameter_missing(b)! parameter_missing(c)!");
}

TEST(Compare, NotKnownWithoutSignatures) {
  EXPECT_EQ(compare({}, {"(a)"}).verdict, Verdict::Unknown);
  EXPECT_EQ(compare({"(a)"}, {}).verdict, Verdict::Unknown);
}

TEST(Compare, DetailsAreForPeople) {
  EXPECT_EQ(compare({"(a, dim, b)"}, {"(b, a, dim)"}).differences[1].detail,
            "`dim` was the 2nd, is the 3rd");
}

using Kind = ComparedObject::Kind;

TEST(CompareObjects, OtherKinds) {
  const std::vector<Signature> any = parse({"(a)"});
  const ComparedObject function{Kind::Callable, any, {}};
  const ComparedObject cls{Kind::Class, any, {}};
  const ComparedObject module{Kind::Module, {}, {}};
  const ComparedObject value{Kind::Value, {}, {}};
  const auto summary_of = [](const ComparedObject& a, const ComparedObject& b) {
    return summary(compare_objects(a, b, Forwarding::None));
  };
  EXPECT_EQ(summary_of(function, module), "became_module()!");
  EXPECT_EQ(summary_of(cls, module), "became_module()!");
  EXPECT_EQ(summary_of(function, value), "not_callable()!");
  EXPECT_EQ(summary_of(cls, function), "not_a_class()!");
  EXPECT_EQ(summary_of(function, cls), "");
  EXPECT_EQ(compare_objects(value, function, Forwarding::None).verdict, Verdict::NotApplicable);
  EXPECT_EQ(compare_objects(cls, function, Forwarding::None).verdict, Verdict::Mismatch);
}

TEST(CompareObjects, MembersOfClasses) {
  const std::vector<Signature> constructor = parse({"(device=None)"});
  const std::vector<std::string> before = {"query", "wait_event"};
  const std::vector<std::string> after = {"query", "more"};
  const ComparedObject original{Kind::Class, constructor, before};
  ComparedObject replacement{Kind::Class, constructor, after};
  Comparison comparison = compare_objects(original, replacement, Forwarding::None);
  EXPECT_EQ(summary(comparison), "member_missing(wait_event)!");
  EXPECT_EQ(comparison.verdict, Verdict::Mismatch);
  replacement.all_members_known = false;
  comparison = compare_objects(original, replacement, Forwarding::None);
  EXPECT_EQ(summary(comparison), "member_missing(wait_event)");
  EXPECT_EQ(comparison.verdict, Verdict::Match);
}

}  // namespace
}  // namespace torchdevice::gap

#include "gap/model/diff/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

Signature signature(std::vector<Parameter> parameters, std::string returns = "Tensor") {
  Signature result;
  result.parameters = std::move(parameters);
  result.returns = std::move(returns);
  return result;
}

Parameter parameter(std::string name, std::string annotation = "",
                    std::optional<std::string> value = std::nullopt) {
  return {std::move(name), ParameterKind::PositionalOrKeyword, std::move(value),
          std::move(annotation)};
}

SurfaceName name(std::string path, NameKind kind = NameKind::Function,
                 std::vector<Signature> signatures = {}) {
  SurfaceName result;
  result.name = path;
  result.kind = kind;
  result.defined_as = path;
  result.paths = {path};
  result.file = "torch/x.py";
  result.line = 3;
  result.signatures = std::move(signatures);
  return result;
}

SurfaceName inherited(std::string path, std::string defined_as,
                      std::vector<Signature> signatures = {}) {
  SurfaceName result = name(std::move(path), NameKind::Method, std::move(signatures));
  result.defined_as = std::move(defined_as);
  return result;
}

Surface surface(std::string version, std::vector<SurfaceName> names) {
  Surface result;
  result.torch.version = std::move(version);
  result.names = std::move(names);
  std::ranges::sort(result.names, {}, &SurfaceName::name);
  return result;
}

SurfaceDiff diff_of(std::vector<SurfaceName> old, std::vector<SurfaceName> now) {
  const Surface before = surface("1", std::move(old));
  const Surface after = surface("2", std::move(now));
  return diff_surfaces({before}, {after});
}

std::vector<std::string> affected(const Change& change) {
  std::vector<std::string> names;
  for (const ChangedName& changed : change.affects) {
    names.push_back(changed.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Diff, FindsNothingBetweenEqualReleases) {
  const std::vector<SurfaceName> names = {
      name("torch", NameKind::Module),
      name("torch.f", NameKind::Function, {signature({parameter("x")})})};
  const SurfaceDiff diff = diff_of(names, names);
  EXPECT_TRUE(diff.changes.empty());
  EXPECT_TRUE(diff.unknown.empty());
}

TEST(Diff, TakesAnotherSpellingForNoChange) {
  const auto with = [](std::string annotation, std::string value) {
    return std::vector<SurfaceName>{
        name("torch.f", NameKind::Function,
             {signature({parameter("x", std::move(annotation), std::move(value))})})};
  };
  EXPECT_TRUE(diff_of(with("Optional[int]", "1e-5"), with("int | None", "1e-05")).changes.empty());
  EXPECT_EQ(diff_of(with("int", "1"), with("int", "2")).changes.size(), 1u);
}

TEST(Diff, TellsAModuleThatWentOnce) {
  const SurfaceDiff diff =
      diff_of({name("torch", NameKind::Module), name("torch.q", NameKind::Module),
               name("torch.q.Layer", NameKind::Class),
               name("torch.q.Layer.forward", NameKind::Method), name("torch.q.f")},
              {name("torch", NameKind::Module)});
  ASSERT_EQ(diff.changes.size(), 1u);
  EXPECT_EQ(diff.changes[0].cause, "torch.q");
  EXPECT_EQ(diff.changes[0].kind, ChangeKind::Removed);
  EXPECT_TRUE(diff.changes[0].breaks_valid_calls);
  EXPECT_EQ(affected(diff.changes[0]),
            (Names{"torch.q", "torch.q.Layer", "torch.q.Layer.forward", "torch.q.f"}));
  EXPECT_EQ(diff.changes[0].affects[2].because, "in torch.q.Layer");
}

TEST(Diff, TellsAMethodOfABaseClassOnce) {
  const SurfaceDiff diff = diff_of(
      {inherited("torch.Tensor.align", "torch._C.TensorBase.align"),
       inherited("torch.nn.Parameter.align", "torch._C.TensorBase.align"), name("torch.other")},
      {});
  ASSERT_EQ(diff.changes.size(), 2u);
  EXPECT_EQ(diff.changes[0].cause, "torch._C.TensorBase.align");
  EXPECT_EQ(affected(diff.changes[0]), (Names{"torch.Tensor.align", "torch.nn.Parameter.align"}));
  EXPECT_EQ(diff.changes[1].cause, "torch.other");
}

TEST(Diff, SaysWhichSignatureChangesBreakCalls) {
  const SurfaceDiff diff = diff_of(
      {inherited("torch.A.f", "torch.A.f", {signature({parameter("self"), parameter("x")})}),
       inherited("torch.B.f", "torch.A.f", {signature({parameter("self"), parameter("x")})}),
       name("torch.g", NameKind::Function, {signature({parameter("x")})})},
      {inherited("torch.A.f", "torch.A.f", {signature({parameter("self"), parameter("y")})}),
       inherited("torch.B.f", "torch.A.f", {signature({parameter("self"), parameter("y")})}),
       name("torch.g", NameKind::Function,
            {signature({parameter("x"), parameter("more", "", "None")})})});
  ASSERT_EQ(diff.changes.size(), 2u);
  EXPECT_EQ(diff.changes[0].cause, "torch.A.f");
  EXPECT_TRUE(diff.changes[0].breaks_valid_calls);
  EXPECT_EQ(affected(diff.changes[0]), (Names{"torch.A.f", "torch.B.f"}));
  EXPECT_FALSE(diff.changes[0].affects[0].differences.empty());
  EXPECT_EQ(diff.changes[1].cause, "torch.g");
  EXPECT_FALSE(diff.changes[1].breaks_valid_calls);
}

TEST(Diff, KeepsOverloadsApart) {
  const Signature first = signature({parameter("x", "int")});
  const Signature second = signature({parameter("x", "str"), parameter("y")});
  const SurfaceDiff diff = diff_of({name("torch.f", NameKind::Builtin, {first, second})},
                                   {name("torch.f", NameKind::Builtin, {first})});
  ASSERT_EQ(diff.changes.size(), 1u);
  EXPECT_EQ(diff.changes[0].affects[0].was, second.text());
  EXPECT_TRUE(diff.changes[0].breaks_valid_calls);
}

TEST(Diff, NamesTheOtherKindsOfChange) {
  SurfaceName old_name = name("torch.f", NameKind::Function, {signature({parameter("x")})});
  SurfaceName deprecated = old_name;
  deprecated.deprecated = "use g";
  const SurfaceDiff diff =
      diff_of({old_name, name("torch.C", NameKind::Class)},
              {deprecated, name("torch.C", NameKind::Function), name("torch.new")});
  ASSERT_EQ(diff.changes.size(), 3u);
  EXPECT_EQ(diff.changes[0].cause, "torch.C");
  EXPECT_EQ(diff.changes[0].kind, ChangeKind::KindChanged);
  EXPECT_TRUE(diff.changes[0].breaks_valid_calls);
  EXPECT_EQ(diff.changes[1].kind, ChangeKind::Deprecated);
  EXPECT_EQ(diff.changes[1].summary, "deprecated: use g");
  EXPECT_EQ(diff.changes[2].kind, ChangeKind::Added);
}

TEST(Diff, SeesThatNamesMoved) {
  const std::vector<Signature> same = {signature({parameter("x"), parameter("y")})};
  const SurfaceDiff diff =
      diff_of({name("torch", NameKind::Module), name("torch.a", NameKind::Module),
               name("torch.b", NameKind::Module), name("torch.a.f", NameKind::Function, same),
               name("torch.a.g", NameKind::Function, same)},
              {name("torch", NameKind::Module), name("torch.a", NameKind::Module),
               name("torch.b", NameKind::Module), name("torch.b.f", NameKind::Function, same),
               name("torch.b.g", NameKind::Function, same)});
  ASSERT_EQ(diff.changes.size(), 1u);
  EXPECT_EQ(diff.changes[0].cause, "torch.a -> torch.b");
  EXPECT_EQ(diff.changes[0].kind, ChangeKind::Moved);
  EXPECT_EQ(diff.changes[0].affects[0].now, "torch.b.f");
}

TEST(Diff, DoesNotCallUnknownNamesRemoved) {
  const Surface before = surface("1", {name("torch.uint1", NameKind::Attribute)});
  Surface after = surface("2", {});
  after.unknown = {{"torch.uint1", "only a run knows", "torch/__init__.py:1"}};
  const SurfaceDiff diff = diff_surfaces({before}, {after});
  EXPECT_TRUE(diff.changes.empty());
  ASSERT_EQ(diff.unknown.size(), 1u);
  EXPECT_EQ(diff.unknown[0].name, "torch.uint1");
}

// --- operators
// ------------------------------------------------------------------------------------

class OperatorDiff : public testing::Test {
 protected:
  Operators operators(const std::string& release, const std::string& yaml) const {
    const std::string native = release + "/torchgen/packaged/ATen/native/";
    folder_.write(release + "/torch/version.py", "__version__ = '1.0'\n");
    folder_.write(native + "native_functions.yaml", yaml);
    folder_.write(native + "tags.yaml", "- tag: core\n  desc: |\n    x\n");
    return load_operators(*SourceTree::open(folder_.at(release)));
  }

  const TestFolder folder_;
};

constexpr const char* kNamedTensors = R"(
- func: align_to(Tensor(a) self, Dimname[] names) -> Tensor(a)
  variants: method
- func: align_tensors(Tensor[] tensors) -> Tensor[]
- func: all(Tensor self) -> Tensor
  variants: function, method
- func: all.dimname(Tensor self, Dimname dim, bool keepdim=False) -> Tensor
  variants: function, method
- func: unrelated(Tensor self) -> Tensor
)";

constexpr const char* kNoNamedTensors = R"(
- func: all(Tensor self) -> Tensor
  variants: function, method
)";

std::vector<SurfaceName> names_of_named_tensors() {
  const Signature plain = signature({parameter("self")});
  const Signature named = signature(
      {parameter("self"), parameter("dim", "str"), parameter("keepdim", "bool", "False")});
  return {inherited("torch.Tensor.align_to", "torch._tensor.Tensor.align_to"),
          inherited("torch.nn.Parameter.align_to", "torch._tensor.Tensor.align_to"),
          inherited("torch.Tensor.has_names", "torch._C.TensorBase.has_names"),
          inherited("torch.Tensor.all", "torch._C.TensorBase.all", {plain, named}),
          inherited("torch.nn.Parameter.all", "torch._C.TensorBase.all", {plain, named}),
          inherited("torch.Tensor.other", "torch._C.TensorBase.other"),
          name("torch.align_tensors"),
          name("torch.jit.has_names")};
}

TEST_F(OperatorDiff, TellsATypeThatWentOnce) {
  const Operators old_operators = operators("old", kNamedTensors);
  const Operators new_operators = operators("new", kNoNamedTensors);
  const Signature plain = signature({parameter("self")});
  const Surface before = surface("1", names_of_named_tensors());
  const Surface after =
      surface("2", {inherited("torch.Tensor.all", "torch._C.TensorBase.all", {plain}),
                    inherited("torch.nn.Parameter.all", "torch._C.TensorBase.all", {plain})});
  const SurfaceDiff diff = diff_surfaces({before, &old_operators}, {after, &new_operators});
  const auto found = std::ranges::find(diff.changes, "Dimname", &Change::cause);
  ASSERT_NE(found, diff.changes.end());
  EXPECT_EQ(affected(*found), (Names{"aten::align_tensors", "aten::align_to", "aten::all.dimname",
                                     "torch.Tensor.align_to", "torch.Tensor.all",
                                     "torch.Tensor.has_names", "torch.align_tensors",
                                     "torch.nn.Parameter.align_to", "torch.nn.Parameter.all"}));
  EXPECT_EQ(found->affects[4].kind, ChangeKind::SignatureChanged);
  std::vector<std::string> others;
  for (const Change& change : diff.changes) {
    others.push_back(change.cause);
  }
  EXPECT_EQ(others,
            (Names{"Dimname", "aten::unrelated", "torch.Tensor.other", "torch.jit.has_names"}));
}

TEST_F(OperatorDiff, SplitsWhatElseChangedInAFunction) {
  const Operators old_operators = operators("old", kNamedTensors);
  const Operators new_operators = operators("new", kNoNamedTensors);
  const Surface before = surface("1", names_of_named_tensors());
  const Signature grown = signature({parameter("self"), parameter("more")});
  const Surface after =
      surface("2", {inherited("torch.Tensor.all", "torch._C.TensorBase.all", {grown})});
  const SurfaceDiff diff = diff_surfaces({before, &old_operators}, {after, &new_operators});
  const auto own = std::ranges::find(diff.changes, "torch.Tensor.all", &Change::cause);
  ASSERT_NE(own, diff.changes.end());
  ASSERT_EQ(own->affects.size(), 1u);
  EXPECT_EQ(own->affects[0].was, signature({parameter("self")}).text());
  EXPECT_TRUE(own->breaks_valid_calls);
}

TEST_F(OperatorDiff, TellsKernelsOnceForAllOperators) {
  const char* kBefore = R"(
- func: f(Tensor self) -> Tensor
  dispatch:
    CPU: f_cpu
- func: g(Tensor self) -> Tensor
  dispatch:
    CPU: g_cpu
- func: h(Tensor self) -> Tensor
  dispatch:
    CPU, MPS: h_any
)";
  const char* kAfter = R"(
- func: f(Tensor self) -> Tensor
  dispatch:
    CPU: f_cpu
    MPS: f_mps
- func: g(Tensor self) -> Tensor
  dispatch:
    CPU: g_cpu
    MPS: g_mps
- func: h(Tensor self, int more) -> Tensor
  dispatch:
    CPU, MPS: h_any
)";
  const Operators old_operators = operators("old", kBefore);
  const Operators new_operators = operators("new", kAfter);
  const Surface nothing = surface("1", {});
  const SurfaceDiff diff = diff_surfaces({nothing, &old_operators}, {nothing, &new_operators});
  ASSERT_EQ(diff.changes.size(), 2u);
  EXPECT_EQ(diff.changes[0].cause, "aten::h");
  EXPECT_EQ(diff.changes[0].kind, ChangeKind::SignatureChanged);
  EXPECT_TRUE(diff.changes[0].breaks_valid_calls);
  EXPECT_EQ(diff.changes[1].kind, ChangeKind::KernelsChanged);
  EXPECT_EQ(affected(diff.changes[1]), (Names{"aten::f", "aten::g"}));
  EXPECT_FALSE(diff.changes[1].breaks_valid_calls);
}

// --- for a subject
// --------------------------------------------------------------------------------

TEST(DiffForASubject, KeepsWhatItTouches) {
  SurfaceDiff diff = diff_of({name("torch.cuda", NameKind::Module), name("torch.cuda.a"),
                              name("torch.cuda.b"), name("torch._C._private"), name("torch.star.x"),
                              name("torch.Tensor.used"), name("torch.Tensor.unused")},
                             {name("torch.cuda", NameKind::Module)});
  Overlay overlay;
  overlay.subject = "subject";
  overlay.patches.resize(1);
  overlay.patches[0].target = "torch.cuda.a";
  Mentions mentions;
  mentions.names = {{"torch._C._private", "s.py:1"}, {"torch.star.*", "s.py:2"}};
  mentions.attributes = {"used"};
  keep_touched(diff, overlay, mentions);
  std::vector<std::string> causes;
  for (const Change& change : diff.changes) {
    causes.push_back(change.cause);
  }
  EXPECT_EQ(causes,
            (Names{"torch.Tensor.used", "torch._C._private", "torch.cuda.a", "torch.star.x"}));
  EXPECT_EQ(diff.subject, "subject");
}

TEST(DiffForASubject, CountsWhatItDoesNotTouch) {
  SurfaceDiff diff =
      diff_of({name("torch.q", NameKind::Module), name("torch.q.a"), name("torch.q.b")}, {});
  Mentions mentions;
  mentions.names = {{"torch.q.a", "s.py:1"}};
  keep_touched(diff, Overlay(), mentions);
  ASSERT_EQ(diff.changes.size(), 1u);
  EXPECT_EQ(affected(diff.changes[0]), (Names{"torch.q", "torch.q.a"}));
  EXPECT_EQ(diff.changes[0].also_affects, 1u);
}

}  // namespace
}  // namespace torchdevice::gap

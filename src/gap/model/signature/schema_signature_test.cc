#include "gap/model/signature/schema_signature.h"

#include <gtest/gtest.h>

#include <string>

#include "gap/read/source_tree.h"
#include "gap/read/test_tree.h"

namespace torchdevice::gap {
namespace {

class SchemaSignature : public testing::Test {
 protected:
  /// The signatures of operator "f", one a line.
  std::string signatures(const std::string& yaml, SchemaBinding binding,
                         std::string_view module = "") {
    const std::string folder = "torchgen/packaged/ATen/native/";
    folder_.write(folder + "tags.yaml", "- tag: core\n  desc: x\n");
    folder_.write(folder + "native_functions.yaml", yaml);
    const Operators operators = load_operators(*SourceTree::open(folder_.at("")));
    std::string texts;
    for (const Signature& signature : signatures_of_operator(operators, "f", {binding, module})) {
      EXPECT_EQ(signature.source, FactSource::Yaml);
      texts += signature.text() + "\n";
    }
    return texts;
  }

  TestFolder folder_;
};

TEST_F(SchemaSignature, SelfOfAFunctionIsInput) {
  const std::string yaml =
      "- func: f(Tensor self, Tensor other, *, int dim=-1) -> Tensor\n"
      "  variants: function, method\n";
  EXPECT_EQ(signatures(yaml, SchemaBinding::Function),
            "(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor\n");
  EXPECT_EQ(signatures(yaml, SchemaBinding::Method),
            "(self, other: Tensor, *, dim: int = -1) -> Tensor\n");
}

TEST_F(SchemaSignature, SelfThatIsNoTensorKeepsItsName) {
  EXPECT_EQ(signatures("- func: f(Scalar self, Tensor other) -> Tensor\n", SchemaBinding::Function),
            "(self: Number | complex, other: Tensor) -> Tensor\n");
}

TEST_F(SchemaSignature, OutOverloadJoinsItsTwin) {
  EXPECT_EQ(signatures("- func: f(Tensor A) -> (Tensor, Tensor)\n"
                       "- func: f.out(Tensor A, *, Tensor(a!) x, Tensor(b!) y) -> "
                       "(Tensor(a!), Tensor(b!))\n"
                       "- func: f.other(Tensor A, int n) -> Tensor\n",
                       SchemaBinding::Function),
            "(A: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]\n"
            "(A: Tensor, n: int) -> Tensor\n");
}

TEST_F(SchemaSignature, OutOverloadAlone) {
  EXPECT_EQ(signatures("- func: f.out(Tensor A, *, Tensor(a!) out) -> Tensor(a!)\n",
                       SchemaBinding::Function),
            "(A: Tensor, *, out: Tensor) -> Tensor\n");
}

TEST_F(SchemaSignature, TensorOptionsAreSpread) {
  EXPECT_EQ(
      signatures("- func: f(int n, float d=1.0, *, ScalarType? dtype=None, "
                 "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor\n"
                 "- func: f.out(int n, float d=1.0, *, Tensor(a!) out) -> Tensor(a!)\n",
                 SchemaBinding::Function),
      "(n: int, d: float = 1.0, *, out: Tensor | None = None, dtype: dtype | None = None, "
      "layout: layout | None = None, device: DeviceLikeType | None = None, "
      "pin_memory: bool | None = False, requires_grad: bool | None = False) -> Tensor\n");
}

TEST_F(SchemaSignature, TypesAndDefaults) {
  EXPECT_EQ(signatures("- func: f(Tensor self, int[1] dim=[-2,-1], SymInt[2]? s=None, "
                       "Tensor[] t=[], str norm='ortho', int reduction=Mean, "
                       "ScalarType type=long, Scalar alpha=1) -> Tensor[]\n",
                       SchemaBinding::Function),
            "(input: Tensor, dim: int | _size = (-2, -1), "
            "s: int | SymInt | Sequence[int | SymInt] | None = None, "
            "t: tuple[Tensor, ...] | list[Tensor] = (), norm: str = 'ortho', reduction: int = 1, "
            "type: dtype = torch.int64, alpha: Number | complex = 1) -> tuple[Tensor, ...]\n");
}

TEST_F(SchemaSignature, NothingWhereItIsNotBoundThatWay) {
  EXPECT_EQ(signatures("- func: f(Tensor self) -> Tensor\n", SchemaBinding::Method), "");
  EXPECT_EQ(signatures("- func: g(Tensor self) -> Tensor\n", SchemaBinding::Function), "");
}

TEST_F(SchemaSignature, FunctionsAreBoundInTheirModule) {
  const std::string yaml =
      "- func: f(Tensor self) -> Tensor\n"
      "- func: f.n(Tensor self, int n) -> Tensor\n"
      "  python_module: nn\n";
  EXPECT_EQ(signatures(yaml, SchemaBinding::Function), "(input: Tensor) -> Tensor\n");
  EXPECT_EQ(signatures(yaml, SchemaBinding::Function, "nn"), "(input: Tensor, n: int) -> Tensor\n");
  EXPECT_EQ(signatures(yaml, SchemaBinding::Function, "fft"), "");
}

TEST(OperatorHomeOf, OnlyTensorsAndTheModulesOfOperators) {
  EXPECT_EQ(operator_home("torch._C.TensorBase.size")->binding, SchemaBinding::Method);
  EXPECT_EQ(operator_home("torch._C._VariableFunctions.add")->python_module, "");
  EXPECT_EQ(operator_home("torch._C._nn.gelu")->python_module, "nn");
  for (const char* path : {"torch._C._distributed_c10d.Backend.size", "torch._C.Size.numel",
                           "torch._C._nn", "torch._C.add", "torch._C._nn.x.gelu", "gelu"}) {
    EXPECT_FALSE(operator_home(path)) << path;
  }
}

}  // namespace
}  // namespace torchdevice::gap

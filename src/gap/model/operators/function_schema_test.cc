#include "gap/model/operators/function_schema.h"

#include <gtest/gtest.h>

#include <string>

namespace torchdevice::gap {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_function_schema(text);
  } catch (const SchemaError& error) {
    return error.what();
  }
  return {};
}

TEST(FunctionSchema, ReadsEveryPart) {
  const FunctionSchema schema = parse_function_schema(
      "add_.Tensor(Tensor(a!) self, Tensor? other=None, int[2] stride=[1,1], *, str mode='a, (b', "
      "Tensor(b!)[] out) -> (Tensor(a!) values, int)");
  EXPECT_EQ(schema.name, "add_");
  EXPECT_EQ(schema.overload, "Tensor");
  EXPECT_EQ(schema.full_name(), "add_.Tensor");
  ASSERT_EQ(schema.arguments.size(), 5u);
  const OperatorArgument self{"self", "Tensor", "a!", std::nullopt, false, false};
  const OperatorArgument other{"other", "Tensor?", "", "None", false, false};
  const OperatorArgument stride{"stride", "int[2]", "", "[1,1]", false, false};
  const OperatorArgument mode{"mode", "str", "", "'a, (b'", true, false};
  const OperatorArgument out{"out", "Tensor[]", "b!", std::nullopt, true, true};
  EXPECT_EQ(schema.arguments, (std::vector{self, other, stride, mode, out}));
  EXPECT_EQ(schema.returns,
            (std::vector<OperatorReturn>{{"values", "Tensor", "a!"}, {"", "int", ""}}));
}

TEST(FunctionSchema, ReadsUnusualParts) {
  for (const char* text :
       {"f() -> ()", "f(*, int a) -> int",
        "__iand__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)",
        "f(Tensor(a -> *) self) -> Tensor(a)[]", "f(Tensor(a|b) x) -> (Tensor(a))[]",
        "f(str a=\"\\\"'\\\\\", str b='\"\\'\\\\') -> Tensor",
        "f(__torch__.torch.classes.rnn.CellParamsBase[] hx, float p=-1e-05) -> Tensor?[]",
        "f(int[] dim=[], bool[3] mask=[True, False]) -> ()"}) {
    const std::string refused = refusal(text);
    if (std::string_view(text).find("(Tensor(a))[]") == std::string_view::npos) {
      EXPECT_EQ(refused, "") << text;
      EXPECT_EQ(parse_function_schema(text).text(), text);
    } else {
      EXPECT_NE(refused, "") << text;
    }
  }
}

TEST(FunctionSchema, SaysWhereItIsBroken) {
  EXPECT_EQ(refusal(""), "expected an operator's name at column 1 of the schema");
  EXPECT_EQ(refusal("f(Tensor) -> ()"), "expected ` ` at column 9 of the schema");
  EXPECT_EQ(refusal("f(Tensor a,int b) -> ()"), "expected `)` at column 11 of the schema");
  EXPECT_EQ(refusal("f(Tensor a) -> Tensor "),
            "expected a return's name at column 23 of the schema");
  EXPECT_EQ(refusal("f(Tensor a=) -> ()"), "expected a default value at column 12 of the schema");
  EXPECT_EQ(refusal("f(int a=[1) -> ()"), "expected `)` at column 18 of the schema");
  EXPECT_EQ(refusal("f(Tensor(a! self) -> ()"), "expected `)` at column 12 of the schema");
  EXPECT_EQ(refusal("f(Tensor() self) -> ()"),
            "expected an alias annotation at column 10 of the schema");
  EXPECT_EQ(refusal("f(*, int a, *, int b) -> ()"), "expected a type at column 13 of the schema");
  EXPECT_EQ(refusal("f(int a) -> (int"), "expected `)` at column 17 of the schema");
}

TEST(FunctionSchema, KnowsItsKind) {
  const auto kind = [](const char* text) { return parse_function_schema(text).kind(); };
  EXPECT_EQ(kind("add(Tensor self) -> Tensor"), SchemaKind::Functional);
  EXPECT_EQ(kind("add_(Tensor(a!) self) -> Tensor(a!)"), SchemaKind::Inplace);
  EXPECT_EQ(kind("__ior__(Tensor(a!) self) -> Tensor(a!)"), SchemaKind::Inplace);
  EXPECT_EQ(kind("add.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)"), SchemaKind::Out);
  EXPECT_EQ(kind("f(Tensor self, Tensor(a!) mean) -> Tensor"), SchemaKind::Mutable);
  EXPECT_EQ(kind("f(Tensor(a!) mean, int b) -> Tensor"), SchemaKind::Mutable);
  EXPECT_EQ(kind("f.out(Tensor self, *, Tensor(a!) out, Tensor(b!) _scratch_x) -> Tensor(a!)"),
            SchemaKind::Scratch);
  EXPECT_EQ(kind("set_data(Tensor(a!) self, Tensor new_data) -> ()"), SchemaKind::Functional);
}

TEST(FunctionSchema, TakesNamesApart) {
  for (const char* name :
       {"add", "add_", "__and__", "__iand__", "__lshift__", "_f_functional", "__rsub__"}) {
    EXPECT_EQ(parse_base_name(name).text(), name);
  }
  EXPECT_EQ(parse_base_name("add_").base, "add");
  EXPECT_EQ(parse_base_name("__iand__").base, "and");
  EXPECT_TRUE(parse_base_name("__iand__").inplace);
  EXPECT_FALSE(parse_base_name("__and__").inplace);
  EXPECT_TRUE(parse_base_name("_f_functional").functional);
}

}  // namespace
}  // namespace torchdevice::gap

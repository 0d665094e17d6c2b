#include "gap/read/cpp/cpp_preprocessor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace torchdevice::gap {
namespace {

/// The text after preprocessing, without white space.
std::string expanded(std::string_view text, const CppMacros& shared = {}) {
  std::string result = preprocess(text, shared).text;
  std::erase_if(result, [](char c) { return c == ' ' || c == '\n'; });
  return result;
}

TEST(CppPreprocessor, ExpandsMacros) {
  EXPECT_EQ(expanded("#define KEY CUDA\nf(KEY);"), "f(CUDA);");
  EXPECT_EQ(expanded("#define F(a, b) a + b\nF(1, g(2, 3));"), "1+g(2,3);");
  EXPECT_EQ(expanded("#define F(a) #a\nF(add.Tensor);"), "\"add.Tensor\";");
  EXPECT_EQ(expanded("#define F(a) wrap_##a\nF(x);"), "wrap_x;");
  EXPECT_EQ(expanded("#define F(a, ...) m.impl(a, __VA_ARGS__)\nF(\"x\", f, g);"),
            "m.impl(\"x\",f,g);");
  EXPECT_EQ(expanded("#define F(a) a\nint F = 1;"), "intF=1;") << "no use of a function-like macro";
  EXPECT_EQ(expanded("#define F(a) F(a + 1)\nF(2);"), "F(2+1);")
      << "a macro does not expand itself";
  EXPECT_EQ(expanded("const char* x = \"F(1)\"; // F(1)\n"), "constchar*x=\"F(1)\";");
}

TEST(CppPreprocessor, ExpandsListsOfMacros) {
  EXPECT_EQ(expanded("#define LIST(K) \\\n  K(a, 1) /* one */ \\\n  K(b, 2)\n"
                     "#define IMPL(name, value) m.impl(#name, value);\n"
                     "LIST(IMPL)\n#undef IMPL\nIMPL(c, 3)"),
            "m.impl(\"a\",1);m.impl(\"b\",2);IMPL(c,3)");
}

TEST(CppPreprocessor, TakesMacrosOfHeaders) {
  const CppMacros header = defined_macros("#define OP(x) m.impl(x)\n#define GONE 1\n#undef GONE\n");
  EXPECT_EQ(expanded("OP(\"a\"); GONE;", header), "m.impl(\"a\");GONE;");
  EXPECT_EQ(expanded("#define OP(x) other(x)\nOP(1);", header), "other(1);");
}

TEST(CppPreprocessor, LeavesKnownMacrosAsTheyAre) {
  EXPECT_EQ(expanded("#define TORCH_LIBRARY_IMPL(ns, k, m) static void ns##k(int m)\n"
                     "TORCH_LIBRARY_IMPL(aten, CUDA, m) {}"),
            "TORCH_LIBRARY_IMPL(aten,CUDA,m){}");
  EXPECT_EQ(expanded("class TORCH_API A final : B {};"), "classAfinal:B{};");
  EXPECT_EQ(expanded("class MY_EXPORT A {};"), "classA{};");
}

TEST(CppPreprocessor, KeepsBothBranches) {
  const CppTranslation translation =
      preprocess("#ifdef NPU\nint a;\n#else\nint b;\n#endif\nint c;\n", {});
  ASSERT_EQ(translation.conditionals.size(), 2U);
  EXPECT_EQ(translation.conditionals[0].condition, "defined(NPU)");
  EXPECT_EQ(translation.conditionals[1].condition, "!(defined(NPU))");
  EXPECT_EQ(expanded("#ifdef NPU\nint a;\n#else\nint b;\n#endif\nint c;\n"), "inta;intb;intc;");
  EXPECT_EQ(expanded("#if 0\nint a;\n#endif\nint b;"), "intb;");
  EXPECT_EQ(expanded("#if A\nvoid f() {\n#else\nint f() {\n#endif\n}"), "voidf(){}")
      << "branches that do not close what they open: the first";
  EXPECT_TRUE(preprocess("#ifndef A_H\n#define A_H\nint a;\n#endif\n", {}).conditionals.empty());
}

TEST(CppPreprocessor, KnowsWhereTextComesFrom) {
  const std::string text = "#define PAIR(x) x x\nint PAIR(a); int b;";
  const CppTranslation translation = preprocess(text, {});
  const auto output = [&](std::string_view part) {
    return static_cast<std::uint32_t>(translation.text.find(part));
  };
  EXPECT_EQ(translation.original(output("int b")), text.find("int b"));
  EXPECT_EQ(translation.original(output("a a")), text.find("PAIR(a)"));
}

TEST(CppPreprocessor, BoundsExpansion) {
  std::string text = "#define A0 x x x x x x x x x x\n";
  for (int i = 1; i < 20; ++i) {
    const std::string inner = " A" + std::to_string(i - 1);
    text += "#define A" + std::to_string(i);
    for (int n = 0; n < 10; ++n) text += inner;
    text += "\n";
  }
  const CppTranslation translation = preprocess(text + "A19", {});
  EXPECT_LT(translation.text.size(), 2 * kMaxExpansion);
  EXPECT_EQ(translation.problems.size(), 1U);
}

}  // namespace
}  // namespace torchdevice::gap

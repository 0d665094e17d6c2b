#include "gap/model/signature/signature.h"

#include <gtest/gtest.h>

#include <memory>

#include "gap/model/signature/one_line.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

Signature signature_of_text(const std::string& text, const std::string& path = "m.py") {
  const std::unique_ptr<PythonFile> file = PythonFile::parse(path, text, Bodies::Elided);
  return signature_of(std::get<FunctionDef>(file->statements().front().node), *file);
}

TEST(Signature, TextIsAsInAStub) {
  const char* const signatures[] = {
      "()",
      "(a)",
      "(a, /)",
      "(a, b=1, /, c: int = 2, *, d, e: str = 'x', **k: Any) -> Tensor",
      "(*args, key=None)",
      "(*, key)",
      "(self, *size: int) -> tuple[int, ...]",
      "(**kwargs)",
  };
  for (const char* text : signatures) {
    EXPECT_EQ(signature_of_text(std::string("def f") + text + ": ...\n").text(), text);
  }
}

TEST(Signature, KeepsWhatWasWrittenOnOneLine) {
  const Signature signature = signature_of_text(
      "def f(\n"
      "    a: Optional[\n"
      "        'Tensor',  # a comment\n"
      "    ] = None,\n"
      "    b=\"#  no comment\",\n"
      ") -> Dict[str,\n"
      "          int]:\n"
      "    return 1\n");
  EXPECT_EQ(signature.parameters[0].annotation, "Optional['Tensor',]");
  EXPECT_EQ(signature.parameters[1].default_value, "\"#  no comment\"");
  EXPECT_EQ(signature.returns, "Dict[str, int]");
  EXPECT_EQ(signature.line, 2u);
  EXPECT_EQ(signature.file, "m.py");
  EXPECT_EQ(signature.source, FactSource::Python);
}

TEST(Signature, OfALambdaAndOfAStub) {
  const std::unique_ptr<PythonFile> file =
      PythonFile::parse("m.py", "f = lambda x, *a, k=0: x\n", Bodies::Elided);
  const Block statements = file->statements();
  const auto& assign = std::get<Assign>(statements.front().node);
  EXPECT_EQ(signature_of(*assign.value->lambda, *file, assign.value->range).text(), "(x, *a, k=0)");
  EXPECT_EQ(signature_of_text("def f(a: _int = ...) -> None: ...\n", "m.pyi").source,
            FactSource::Stub);
}

TEST(Signature, RequiredParameters) {
  const Signature signature = signature_of_text("def f(a, b=1, *c, d, e=2, **g): ...\n");
  std::string required;
  for (const Parameter& parameter : signature.parameters) {
    required += parameter.required() ? parameter.name : "";
  }
  EXPECT_EQ(required, "ad");
}

TEST(DocstringSignature, FirstLine) {
  const auto signature = signature_from_docstring(
      "\nlinalg.cross(input, other, *, dim=-1, out=None) -> Tensor\n\nComputes …\n", "cross");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->text(), "(input, other, *, dim=-1, out=None) -> Tensor");
  EXPECT_EQ(signature->source, FactSource::Docstring);
  EXPECT_EQ(signature->confidence, Confidence::Derived);
}

TEST(DocstringSignature, OverSeveralLinesWithAColon) {
  const auto signature = signature_from_docstring(
      "scaled(query, dropout_p=0.0,\n    is_causal=False) -> Tensor:\n\n    Computes", "scaled");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->text(), "(query, dropout_p=0.0, is_causal=False) -> Tensor");
}

TEST(DocstringSignature, ReturnsInProseAreLeftOut) {
  const auto signature = signature_from_docstring("f(a) -> a new tensor\n", "f");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->text(), "(a)");
}

TEST(DocstringSignature, NothingWhereThereIsNone) {
  EXPECT_FALSE(signature_from_docstring("Applies a convolution (see there).", "conv"));
  EXPECT_FALSE(signature_from_docstring("other(a) -> Tensor", "f"));
  EXPECT_FALSE(signature_from_docstring("f(a, bool b=True", "f"));
  EXPECT_FALSE(signature_from_docstring("", "f"));
}

TEST(OneLine, JoinsLinesAndDropsComments) {
  EXPECT_EQ(one_line("  (\n  1,   2,\n)  "), "(1, 2,)");
  EXPECT_EQ(one_line("a + \\\n  b"), "a + b");
  EXPECT_EQ(one_line("f('a  #b',\n # c\n 1)"), "f('a  #b', 1)");
  EXPECT_EQ(one_line("'unterminated"), "'unterminated");
  EXPECT_EQ(one_line(""), "");
}

TEST(Normalise, DefaultsOfTheSameValueAreEqual) {
  const std::pair<const char*, const char*> same[] = {
      {"1e-5", "1e-05"},
      {"0x10", "16"},
      {"1_000", "1000"},
      {"1.", "1.0"},
      {"\"fro\"", "'fro'"},
      {"r'a\\b'", "'a\\\\b'"},
      {"( -2,-1 )", "(-2, -1)"},
      {"(-2, -1,)", "(-2, -1)"},
      {"f(1e-3,x = \"y\")", "f(0.001, x='y')"},
      {"{'a':1}", "{ \"a\": 1, }"},
      {"torch . strided", "torch.strided"},
      {"None", " None "},
  };
  for (const auto& [a, b] : same) {
    EXPECT_EQ(normalise_default(a), normalise_default(b)) << a;
  }
}

TEST(Normalise, DefaultsOfOtherValuesDiffer) {
  const std::pair<const char*, const char*> different[] = {
      {"1", "1.0"}, {"'a'", "a"},      {"(1,)", "1"}, {"b'a'", "'a'"},
      {"-1", "1"},  {"None", "False"}, {"[]", "()"},  {"1e-5", "1e-6"},
  };
  for (const auto& [a, b] : different) {
    EXPECT_NE(normalise_default(a), normalise_default(b)) << a;
  }
}

TEST(Normalise, AnnotationsThatMeanTheSame) {
  const std::pair<const char*, const char*> same[] = {
      {"Optional[int]", "int | None"},
      {"Optional[int]", "None | int"},
      {"Union[int, str, None]", "Optional[Union[str, int]]"},
      {"typing.Optional[int]", "Union[int, None]"},
      {"'Tensor'", "Tensor"},
      {"\"torch.Tensor | None\"", "Optional[Tensor]"},
      {"Optional['Tensor']", "Tensor | None"},
      {"List[int]", "list[int]"},
      {"typing.Dict[str, Any]", "dict[str,Any]"},
      {"_int", "int"},
      {"Optional[_dtype]", "torch.dtype | None"},
      {"Tuple[int, ...]", "tuple[int, ...]"},
      {"Callable[[Optional[int]], None]", "collections.abc.Callable[[int | None], None]"},
      {"Literal['a', 'b']", "Literal[\"a\", \"b\"]"},
      {"list[\n int\n]", "list[int]"},
  };
  for (const auto& [a, b] : same) {
    EXPECT_EQ(normalise_annotation(a), normalise_annotation(b)) << a;
  }
}

TEST(Normalise, AnnotationsThatDiffer) {
  const std::pair<const char*, const char*> different[] = {
      {"int", "float"},
      {"int | None", "int"},
      {"torch.cuda.Event", "torch.Event"},
      {"Literal['a']", "Literal[a]"},
      {"list[int]", "list[str]"},
  };
  for (const auto& [a, b] : different) {
    EXPECT_NE(normalise_annotation(a), normalise_annotation(b)) << a;
  }
}

TEST(Normalise, WhatIsNoExpressionStaysAsWritten) {
  EXPECT_EQ(normalise_default("a b  c"), "a b c");
  EXPECT_EQ(normalise_annotation("'not a type)'"), "'not a type)'");
}

}  // namespace
}  // namespace torchdevice::gap

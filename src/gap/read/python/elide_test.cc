#include "gap/read/python/elide.h"

#include <gtest/gtest.h>

#include <string>

namespace torchdevice::gap {
namespace {

std::string elided(std::string_view file) {
  return ElidedText::of_file(file, Bodies::Elided).text();
}

TEST(Elide, PutsDotsInPlaceOfBodies) {
  EXPECT_EQ(elided("def f(a):\n  return a\nx = 1\n"), "def f(a): ...\nx = 1\n");
  EXPECT_EQ(elided("async def f():\n\n  # why\n  await a\n\n\nx = 1"), "async def f(): ...\nx = 1");
  EXPECT_EQ(elided("def f():  # note\n\treturn 1"), "def f(): ...\n");
}

TEST(Elide, KeepsClassesAndElidesTheirMethods) {
  EXPECT_EQ(elided("class A:\n"
                   "  x: int = 1\n"
                   "  @property\n"
                   "  def f(self):\n"
                   "    return 1\n"
                   "  y = 2\n"),
            "class A:\n"
            "  x: int = 1\n"
            "  @property\n"
            "  def f(self): ...\n"
            "  y = 2\n");
}

TEST(Elide, UnderstandsHeadersOfManyLines) {
  EXPECT_EQ(elided("def f[T: (int, str)](\n"
                   "    a: Callable[[int], str] = lambda x: x,  # a: comment\n"
                   "    *, b={1: 2},\n"
                   ") -> Dict[\n"
                   "  str, int\n"
                   "]:\n"
                   "  return a\n"),
            "def f[T: (int, str)](\n"
            "    a: Callable[[int], str] = lambda x: x,  \n"
            "    *, b={1: 2},\n"
            ") -> Dict[\n"
            "  str, int\n"
            "]: ...\n");
}

TEST(Elide, IsNotMisledInsideBodies) {
  for (const char* body : {
           "  x = '''\ndef g():\n  pass\n'''\n",            // a string over the margin
           "  x = (1,\n2)\n",                               // a bracket over the margin
           "  x = 1 + \\\n2\n",                             // a joined line
           "# over the margin\n  pass\n",                   // a comment
           "  x = f'{a[\"'\"]}'\n",                         // quotes in a field
           "  x = r'\\\\'\n  y = '\\''\n",                  // backslashes before quotes
           "  def g():\n    pass\n  class B:\n    pass\n",  // definitions
           "  x = 'it''s' # it's\n",
           "  pass\n\f\n  pass\n",
       }) {
    EXPECT_EQ(elided("def f():\n" + std::string(body) + "y = 2\n"), "def f(): ...\ny = 2\n")
        << body;
  }
}

TEST(Elide, LeavesWhatItDoesNotUnderstand) {
  for (const char* file : {
           "def f(): return 1\n",                    // on the line
           "def f():\n\tpass\n        pass\n",       // tabs and spaces
           "def f():\n    pass\n  pass\n",           // dedented in between
           "def f():\n  x = (\n",                    // not closed
           "def f():\n  x = ''' \n",                 // not closed
           "def f():\n  x = )\n",                    // not opened
           "def f() -> lambda: 1:\n  pass\n",        // a colon before the colon
           "def f():\n",                             // no body
           "def f():\npass\n",                       // no body
           "def f(): \\\n  pass\n",                  // on the line, joined
           "def f(\n",                               // no header
           "def f(): pass\n  def g():\n    pass\n",  // inside one that stays
       }) {
    const std::string text = elided(file);
    EXPECT_EQ(text.find("..."), std::string::npos) << text;
  }
}

TEST(Elide, GoesOnBehindWhatItDoesNotUnderstand) {
  EXPECT_EQ(elided("def f():\n    pass\n  pass\ndef g():\n  pass\n"),
            "def f():\n    pass\n  pass\ndef g(): ...\n");
}

TEST(Elide, ShortensLongStringsAndDropsComments) {
  EXPECT_EQ(elided("x = 'a long string of text'  # note\n"), "x = \"\"  \n");
  EXPECT_EQ(elided("x = b'a long string of bytes', 'a'\n"), "x = b\"\", 'a'\n");
  EXPECT_EQ(elided("x = f'a long string with {field}'\n"), "x = f'a long string with {field}'\n");
}

TEST(Elide, SpellsPython3) {
  EXPECT_EQ(elided("print(exec)\n"), "prinT(exeC)\n");
  EXPECT_EQ(elided("type(x).y = type\ntype X = int\n"), "typE(x).y = typE\ntype X = int\n");
  EXPECT_EQ(elided("x = t'{a}'\n"), "x = f'{a}'\n");
  EXPECT_EQ(elided("x = 1\ry = 2\r"), "x = 1\ny = 2\n");
  EXPECT_EQ(elided("x = 1 + \\\n  2\n"), "x = 1 +     2\n");
}

TEST(Elide, GivesTuplesWithAStarTheirParentheses) {
  EXPECT_EQ(elided("x = *f(a), b  # note\n"), "x = (*f(a), b)  \n");
  EXPECT_EQ(elided("x = y = a, *f(a); z = 1\n"), "x = y = (a, *f(a)); z = 1\n");
  EXPECT_EQ(elided("for x in *f(a), b: pass\n"), "for x in (*f(a), b): pass\n");
  EXPECT_EQ(elided("x += yield *f(a), b\n"), "x += yield (*f(a), b)\n");
  EXPECT_EQ(elided("def f(): return *f(a), b\n"), "def f(): return (*f(a), b)\n");
  for (const char* line : {"*a, b = c\n", "x = a * b, c\n", "f(*a, b)\n", "x = lambda *a: 0\n",
                           "x = lambda a=1, *b: 0\n", "x = a ** b\n", "x[*a, b] = 1\n"}) {
    EXPECT_EQ(elided(line), line);
  }
}

TEST(Elide, RecordsBodiesAndDocstrings) {
  const std::string_view file =
      "class A:\n"
      "  @d\n"
      "  async def f(self):\n"
      "    'doc' \\\n"
      "      'string'  # note\n"
      "    return 1;\n"
      "  # after\n"
      "def g():\n"
      "  'no docstring'.strip()\n";
  const ElidedText text = ElidedText::of_file(file, Bodies::Elided);
  const auto in_file = [&](SourceRange range) {
    return file.substr(range.begin, range.end - range.begin);
  };
  const auto* f = text.function_at(static_cast<std::uint32_t>(file.find("def f")));
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(in_file(f->docstring), "'doc' \\\n      'string'");
  EXPECT_EQ(in_file(f->body), "'doc' \\\n      'string'  # note\n    return 1");
  const auto* g = text.function_at(static_cast<std::uint32_t>(file.find("def g")));
  ASSERT_NE(g, nullptr);
  EXPECT_EQ(in_file(g->docstring), "");
  EXPECT_EQ(text.function_at(0), nullptr);
}

TEST(Elide, LeadsBackToTheFile) {
  const std::string_view file =
      "# comment\n"
      "x = 'a string that is left out', y  # comment\n"
      "def f():\n"
      "  return 1\n"
      "z = 2\n";
  const ElidedText text = ElidedText::of_file(file, Bodies::Elided);
  const auto original = [&](std::string_view piece) {
    const auto begin = static_cast<std::uint32_t>(text.text().find(piece));
    const SourceRange range = text.in_file(begin, begin + static_cast<std::uint32_t>(piece.size()));
    return file.substr(range.begin, range.end - range.begin);
  };
  EXPECT_EQ(original("x"), "x");
  EXPECT_EQ(original("\"\""), "'a string that is left out'");
  EXPECT_EQ(original("x = \"\", y"), "x = 'a string that is left out', y");
  EXPECT_EQ(original("def f(): ..."), "def f():\n  return 1");
  EXPECT_EQ(original("..."), "return 1");
  EXPECT_EQ(original("z = 2"), "z = 2");
}

TEST(Elide, WrapsABlock) {
  const std::string_view file = "  def f():\n    if a:\n      return 1\n    b\n";
  const SourceRange body{15, static_cast<std::uint32_t>(file.size()) - 1};
  const ElidedText text = ElidedText::of_block(file, body);
  EXPECT_EQ(text.text(), "if 1:\n    if a:\n      return 1\n    b");
  const SourceRange inner = text.in_file(10, 14);
  EXPECT_EQ(file.substr(inner.begin, inner.end - inner.begin), "if a");
}

TEST(Elide, LeavesOutWhatIsIndentedTooFar) {
  const std::string far(300, ' ');
  const ElidedText text =
      ElidedText::of_file("if x:\n" + far + "a = '''\nb\n'''\ny = 1\n", Bodies::Parsed);
  EXPECT_EQ(text.text(), "if x:\ny = 1\n");
  EXPECT_EQ(text.too_far_right(), 6u);
}

}  // namespace
}  // namespace torchdevice::gap

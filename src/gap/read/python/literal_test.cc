#include "gap/read/python/literal.h"

#include <gtest/gtest.h>

#include <string>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

using namespace std::string_literals;

TEST(Literal, DecodesEscapes) {
  EXPECT_EQ(literal_value(R"("a\n\t\\\"\'\a\b\f\v\r")"), "a\n\t\\\"'\a\b\f\v\r");
  EXPECT_EQ(literal_value(R"('\x41\101\0\u00e9\U0001F600')"), "AA\0é😀"s);
  EXPECT_EQ(literal_value("'a\\\nb'"), "ab");
  EXPECT_EQ(literal_value("'a\\\r\nb'"), "ab");
}

TEST(Literal, KeepsEscapesThatPythonDoesNotKnow) {
  EXPECT_EQ(literal_value(R"('\d\8\xg1\u12')"), R"(\d\8\xg1\u12)");
  EXPECT_EQ(literal_value(R"('\N{DASH}')"), R"(\N{DASH})");
}

TEST(Literal, HasNoLoneSurrogates) { EXPECT_EQ(literal_value(R"('\ud800')"), "\uFFFD"); }

TEST(Literal, LeavesRawStrings) {
  EXPECT_EQ(literal_value(R"(r'\n\'')"), R"(\n\')");
  EXPECT_EQ(literal_value(R"(Rb"x")"), "");
}

TEST(Literal, NormalisesLineEnds) {
  EXPECT_EQ(literal_value("'''a\r\nb\rc'''"), "a\nb\nc");
  EXPECT_EQ(literal_value("r'''a\r\nb'''"), "a\nb");
}

TEST(Literal, JoinsAdjacentLiterals) {
  EXPECT_EQ(literal_value("'a' \"b\" '''c'''"), "abc");
  EXPECT_EQ(literal_value("'a' \\\n  'b'  # note\n 'c'"), "abc");
}

TEST(Literal, IsNoPlainString) {
  for (const char* text : {"f'a'", "b'a'", "t'a'", "'a' f'b'", "name", "'a' + 'b'", "'a", ""}) {
    EXPECT_EQ(literal_value(text), "") << text;
  }
}

std::size_t end_of(std::string_view text) { return literal_end(text, *literal_start(text)); }

TEST(Literal, EndsAtItsQuotes) {
  EXPECT_EQ(end_of("'a' b"), 3u);
  EXPECT_EQ(end_of(R"('\'' b)"), 4u);
  EXPECT_EQ(end_of(R"('''a'b''c''' d)"), 12u);
  EXPECT_EQ(end_of(R"(r'\' b')"), 7u);
  EXPECT_EQ(end_of(R"('' '')"), 2u);
}

TEST(Literal, HasNoEnd) {
  for (const char* text : {"'a", "'a\nb'", "'''a''", "'a\\", "f'{a", "f'{'", "f'{a\n"}) {
    EXPECT_EQ(end_of(text), std::string_view::npos) << text;
  }
}

TEST(Literal, EndsBehindTheFieldsOfFStrings) {
  EXPECT_EQ(end_of(R"(f'{a["b"]}' c)"), 11u);
  EXPECT_EQ(end_of(R"(f'{a['b']}' c)"), 11u);       // Python 3.12
  EXPECT_EQ(end_of(R"(f'{{' c)"), 5u);              // no field
  EXPECT_EQ(end_of(R"(f'{a:{b}>{c!r}}' d)"), 16u);  // fields in a format
  EXPECT_EQ(end_of(R"(f'{a:%H:%M}' d)"), 12u);
  EXPECT_EQ(end_of(R"(f'\N{DASH}' d)"), 11u);
  EXPECT_EQ(end_of(R"(f'{f"{f'{1}'}"}' d)"), 16u);
  EXPECT_EQ(end_of("f'''{\n a # ''' \n}''' d"), 20u);  // a comment in a field
  EXPECT_EQ(end_of(R"(rf'\{a}' d)"), 8u);
}

}  // namespace
}  // namespace torchdevice::gap

#include "gap/read/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace torchdevice::gap {
namespace {

TEST(Utf8, MeasuresWellFormedSequences) {
  EXPECT_EQ(utf8_length("ab"), 1u);
  EXPECT_EQ(utf8_length("\xC3\xA9"), 2u);
  EXPECT_EQ(utf8_length("\xE2\x82\xAC..."), 3u);
  EXPECT_EQ(utf8_length("\xF0\x9F\x94\xA5"), 4u);
  for (const char* text : {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80",
                           "\xF0\x82\x82\xAC", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_length(text), 0u);
  }
}

TEST(Utf8, PrintsOnOneLine) {
  EXPECT_EQ(printable("a/\xC3\xA9.py"), "a/\xC3\xA9.py");
  EXPECT_EQ(printable("a\nb\x1B[31m\xFF.py"), "a\\x0ab\\x1b[31m\\xff.py");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "31m"),
            "a\\xc2\\x9b31m");
  EXPECT_LT(printable(std::string(100'000, 'a')).size(), 400u);
}

}  // namespace
}  // namespace torchdevice::gap

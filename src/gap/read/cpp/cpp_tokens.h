#pragma once

#include <cstdint>
#include <string_view>

namespace torchdevice::gap {

enum class CppTokenKind : std::uint8_t {
  Space,
  Comment,
  Identifier,
  Number,
  String,
  Character,
  Punctuation,
  End
};

struct CppToken {
  CppTokenKind kind = CppTokenKind::End;
  std::string_view text;
};

/// The token that begins at `offset`; unfinished literals and comments end with the text. `##` is
/// one token, any other punctuation one byte.
CppToken next_cpp_token(std::string_view text, std::size_t offset);

}  // namespace torchdevice::gap

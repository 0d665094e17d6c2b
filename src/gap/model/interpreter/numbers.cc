#include "gap/model/interpreter/numbers.h"

#include <charconv>
#include <string>

namespace torchdevice::gap {

std::optional<std::int64_t> integer(const Value* value) {
  const auto* constant = value->as<Constant>();
  if (constant == nullptr) return std::nullopt;
  if (constant->kind == Constant::Kind::True) return 1;
  if (constant->kind == Constant::Kind::False) return 0;
  if (constant->kind != Constant::Kind::Number) return std::nullopt;
  std::string digits;
  for (const char c : constant->text) {
    if (c != '_') digits += c;
  }
  std::string_view text(digits);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), result, base);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return negative ? -result : result;
}

}  // namespace torchdevice::gap

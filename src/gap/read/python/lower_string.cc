#include "gap/read/python/literal.h"
#include "gap/read/python/lower.h"

namespace torchdevice::gap {

/// What adjacent literals are joined into.
struct Lowering::StringParts {
  explicit StringParts(Lowering& lowering) : items(lowering.exprs()) {}

  Exprs items;
  std::string text;       ///< of the literal part being joined
  SourceRange place;      ///< of it
  bool has_text = false;  ///< place is set
  bool formatted = false;
  bool bytes = false;
  bool plain = false;
  bool unknown = false;  ///< a literal of a kind that has no value here
};

const Expr* Lowering::string(TSNode node) {
  if (symbol_of(node) == Symbol::String) {
    if (const Expr* plain = plain_string(node)) return plain;
  }
  StringParts parts(*this);
  if (symbol_of(node) == Symbol::String) {
    append_part(node, parts);
  } else {
    const Children children(*this, node);
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (broken(children[i].node)) return opaque(node);
      append_part(children[i].node, parts);
    }
  }
  if (parts.unknown || (parts.bytes && (parts.plain || parts.formatted))) return opaque(node);
  if (!parts.formatted) {
    return make(parts.bytes ? ExprKind::Bytes : ExprKind::String, range(node),
                in_arena(parts.text));
  }
  end_text(parts);
  return make(ExprKind::FString, range(node), {}, parts.items.finish());
}

/// A literal that is no f-string, without a copy where its content is its value; else null.
const Expr* Lowering::plain_string(TSNode node) {
  const SourceRange place = range(node);
  const std::string_view literal = text(place);
  const auto start = literal_start(literal);
  if (!start || start->templated) return opaque(node);
  if (start->formatted) return nullptr;
  std::string_view value = literal_content(literal, *start);
  if (needs_decoding(value, *start)) {
    std::string decoded;
    append_decoded(value, *start, decoded);
    value = in_arena(decoded);
  }
  return make(start->bytes ? ExprKind::Bytes : ExprKind::String, place, value);
}

void Lowering::end_text(StringParts& parts) {
  if (!parts.text.empty()) {
    parts.items.add(make(ExprKind::String, parts.place, in_arena(parts.text)));
  }
  parts.text.clear();
  parts.has_text = false;
}

void Lowering::append_part(TSNode node, StringParts& parts) {
  const SourceRange place = range(node);
  const std::string_view literal = text(place);
  const auto start = literal_start(literal);
  if (!start || start->templated) {
    parts.unknown = true;
    return;
  }
  const auto append = [&](SourceRange piece, std::string_view content) {
    append_decoded(content, *start, parts.text);
    if (!parts.has_text) parts.place.begin = piece.begin;
    parts.place.end = piece.end;
    parts.has_text = true;
  };
  if (!start->formatted) {
    (start->bytes ? parts.bytes : parts.plain) = true;
    append(place, literal_content(literal, *start));
    return;
  }
  parts.formatted = true;
  const auto append_until = [&](std::uint32_t begin, std::uint32_t end) {
    if (end > begin) append({begin, end}, text(SourceRange{begin, end}));
  };
  std::uint32_t at = place.begin + start->prefix + start->quotes;
  const Children children(*this, node);
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol != Symbol::Interpolation) continue;
    const SourceRange field = range(child.node);
    append_until(at, field.begin);
    if (const SourceRange shown = shown_source(child.node); shown.end > shown.begin) {
      append(shown, text(shown));
    }
    end_text(parts);
    parts.items.add(interpolation(child.node));
    at = field.end;
  }
  append_until(at, place.end - std::min<std::uint32_t>(start->quotes, place.end - at));
}

/// Of `{value = }`, what shows as it is written: up to the value's text. Else empty.
SourceRange Lowering::shown_source(TSNode node) {
  const Children children(*this, node);
  const std::size_t equal = children.find(Symbol::Equal);
  if (equal + 1 >= children.size()) return {};
  return {range(children[0].node).end, range(children[equal + 1].node).begin};
}

const Expr* Lowering::interpolation(TSNode node) {
  if (broken(node)) return opaque(node);
  const Children children(*this, node);
  if (children.size() < 3) return opaque(node);
  const Expr* value = expression(children[1]);
  bool formatted = false;
  for (std::size_t i = 2; i < children.size(); ++i) {
    const Child child = children[i];
    formatted |= child.symbol == Symbol::Equal || child.symbol == Symbol::FormatSpecifier ||
                 (child.symbol == Symbol::TypeConversion && text(child.node) != "!s");
  }
  if (!formatted) return value;
  Exprs items = exprs();
  items.add(value);
  return make(ExprKind::FormattedValue, range(node), {}, items.finish());
}

}  // namespace torchdevice::gap

#include "gap/read/python/lower.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

constexpr std::size_t kMaxErrors = 100;

}  // namespace

Lowering::Lowering(std::string_view file, const ElidedText& source,
                   std::pmr::memory_resource& arena)
    : file_(file), source_(source), arena_(arena) {}

Lowering::~Lowering() {
  if (cursor_.tree != nullptr) ts_tree_cursor_delete(&cursor_);
}

Block Lowering::module(TSNode root) {
  cursor_ = ts_tree_cursor_new(root);
  damaged_ = ts_node_has_error(root);
  if (symbol_of(root) != Symbol::Error) return block(root);
  syntax_error(root);
  Stmts out(stmt_pool_, arena_);
  recover(root, out);
  return out.finish();
}

Lowering::Children::Children(Lowering& lowering, TSNode parent)
    : pool_(lowering.child_pool_), begin_(pool_.size()), size_(0) {
  TSTreeCursor* cursor = &lowering.cursor_;
  ts_tree_cursor_reset(cursor, parent);
  if (!ts_tree_cursor_goto_first_child(cursor)) return;
  do {
    const TSNode node = ts_tree_cursor_current_node(cursor);
    const Symbol symbol = symbol_of(node);
    if (symbol != Symbol::Extra) pool_.push_back({node, symbol});
  } while (ts_tree_cursor_goto_next_sibling(cursor));
  size_ = pool_.size() - begin_;
}

std::size_t Lowering::Children::find(Symbol symbol, std::size_t from) const {
  while (from < size_ && (*this)[from].symbol != symbol) ++from;
  return from;
}

std::string_view Lowering::in_arena(std::string_view text) {
  if (text.empty()) return {};
  char* copy = static_cast<char*>(arena_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

Expr* Lowering::make(ExprKind kind, SourceRange range, std::string_view text, Items items) {
  void* memory = arena_.allocate(sizeof(Expr), alignof(Expr));
  return new (memory) Expr{kind, range, text, items, nullptr};
}

void Lowering::error(std::uint32_t offset, std::string message) {
  if (errors_.size() < kMaxErrors) errors_.push_back({offset, std::move(message)});
}

void Lowering::syntax_error(TSNode node) {
  const SourceRange place = range(node);
  if (ts_node_is_missing(node)) {
    error(place.begin, "syntax error: `" + std::string(ts_node_type(node)) + "` is missing");
    return;
  }
  constexpr std::size_t kShown = 40;
  const std::string_view written = text(place);
  std::size_t end = std::min(written.find_first_of("\r\n"), std::min(written.size(), kShown));
  // Not in the middle of a character.
  while (end > 0 && end < written.size() && (written[end] & 0xC0) == 0x80) --end;
  error(place.begin, "syntax error at `" + printable(written.substr(0, end)) +
                         (end < written.size() ? "…`" : "`"));
}

bool Lowering::broken(TSNode node) {
  if (!damaged_ || !ts_node_has_error(node)) return false;
  const Children children(*this, node);
  bool found = false;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol != Symbol::Error && !ts_node_is_missing(child.node)) continue;
    if (!found) syntax_error(child.node);
    found = true;
  }
  return found;
}

void Lowering::too_deep(TSNode node) {
  if (std::exchange(reported_depth_, true)) return;
  error(range(node).begin, "nested deeper than " + std::to_string(PythonFile::kMaxNesting) +
                               " levels: what is deeper was not read");
}

}  // namespace torchdevice::gap

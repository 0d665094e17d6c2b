#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gap/read/python/elide.h"
#include "gap/read/python/python_ast.h"
#include "gap/read/python/python_file.h"
#include "gap/read/python/python_grammar.h"

namespace torchdevice::gap {

/// Makes our tree of tree-sitter's. What is made lives in the arena and in the file's text.
class Lowering {
 public:
  /// An error of the syntax, at an offset of the file.
  struct Error {
    std::uint32_t offset = 0;
    std::string message;
  };

  Lowering(std::string_view file, const ElidedText& source, std::pmr::memory_resource& arena);
  ~Lowering();
  Lowering(const Lowering&) = delete;
  Lowering& operator=(const Lowering&) = delete;

  /// The statements of a module.
  Block module(TSNode root);

  std::vector<Error>& errors() { return errors_; }

 private:
  struct Child {
    TSNode node;
    Symbol symbol;
  };

  /// The children of a node, without comments; valid during its own life only.
  class Children {
   public:
    Children(Lowering& lowering, TSNode parent);
    ~Children() { pool_.resize(begin_); }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    std::size_t size() const { return size_; }
    Child operator[](std::size_t i) const { return pool_[begin_ + i]; }
    Child back() const { return pool_[begin_ + size_ - 1]; }
    /// The index of the first child with this symbol, from `from` on; size() for none.
    std::size_t find(Symbol symbol, std::size_t from = 0) const;

   private:
    std::vector<Child>& pool_;
    std::size_t begin_;
    std::size_t size_;
  };

  /// Collects the elements of a span whose number is not known yet.
  template <class T>
  class Collector {
   public:
    Collector(std::vector<T>& pool, std::pmr::memory_resource& arena)
        : pool_(pool), arena_(arena), begin_(pool.size()) {}
    ~Collector() { pool_.resize(begin_); }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    void add(const T& value) { pool_.push_back(value); }
    std::size_t size() const { return pool_.size() - begin_; }
    const T& back() const { return pool_.back(); }
    T& front() { return pool_[begin_]; }
    std::span<const T> finish() const {
      const std::size_t count = size();
      if (count == 0) return {};
      T* out = static_cast<T*>(arena_.allocate(count * sizeof(T), alignof(T)));
      std::uninitialized_copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(begin_), count, out);
      return {out, count};
    }

   private:
    std::vector<T>& pool_;
    std::pmr::memory_resource& arena_;
    std::size_t begin_;
  };
  using Exprs = Collector<const Expr*>;
  using Items = std::span<const Expr* const>;

  // --- what all parts use (lower.cc) ---

  Exprs exprs() { return Exprs(expr_pool_, arena_); }
  SourceRange range(TSNode node) const {
    SourceRange place = source_.in_file(ts_node_start_byte(node), ts_node_end_byte(node));
    if (place.end == as_end_) place.end = as_value_end_;
    return place;
  }
  std::string_view text(SourceRange range) const {
    return file_.substr(range.begin, range.end - range.begin);
  }
  std::string_view text(TSNode node) const { return text(range(node)); }
  std::string_view in_arena(std::string_view text);
  template <class T>
  std::span<const T> in_arena(std::span<const T> values) {
    if (values.empty()) return {};
    T* copy = static_cast<T*>(arena_.allocate(values.size() * sizeof(T), alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), copy);
    return {copy, values.size()};
  }
  Expr* make(ExprKind kind, SourceRange range, std::string_view text = {}, Items items = {});
  void error(std::uint32_t offset, std::string message);
  void syntax_error(TSNode node);
  /// Whether a child of this node is an error or was made up by the parser; if so, it is reported.
  bool broken(TSNode node);
  /// Reports, once a file, that the nesting is too deep.
  void too_deep(TSNode node);

  // --- expressions (lower_expr.cc) ---

  const Expr* expression(Child child);
  const Expr* expression_of(Child child);
  const Expr* operation(Child child);
  const Expr* opaque(TSNode node) { return make(ExprKind::Opaque, range(node)); }
  /// One of several expressions, with commas between: the expression, or a Tuple.
  const Expr* one_or_tuple(const Children& children, std::size_t begin, std::size_t end);
  const Expr* sequence(ExprKind kind, TSNode node);
  const Expr* primary(ExprKind kind, SourceRange place, std::string_view text, Exprs& items);
  const Expr* attribute(TSNode node);
  const Expr* subscript(TSNode node);
  const Expr* call(TSNode node);
  const Expr* generic_type(TSNode node);
  const Expr* dictionary(TSNode node);
  const Expr* comprehension(ExprKind kind, TSNode node);
  const Expr* for_in_clause(TSNode node);
  const Expr* slice(TSNode node);
  const Expr* unary(TSNode node);
  const Expr* binary(TSNode node);
  const Expr* boolean(TSNode node);
  const Expr* comparison(TSNode node);
  const Expr* conditional(TSNode node);
  const Expr* last_child(ExprKind kind, TSNode node);
  const Expr* as_expression(TSNode node);
  const Expr* yield(TSNode node);
  const Expr* lambda(TSNode node);
  const Expr* only_child(TSNode node);
  const Expr* keyword_argument(TSNode node);
  const Expr* named_expression(TSNode node);
  /// None where one of them is no parameter of Python 3.
  std::optional<std::span<const ParameterSyntax>> parameters(TSNode node);
  bool parameter(Child child, ParameterSyntax& out);
  /// Arguments of a call, bases of a class.
  void arguments(TSNode node, Exprs& out);

  // --- precedence that the grammar gets wrong (lower_operator.cc) ---

  struct BitChain {
    std::vector<const Expr*> operands;
    std::vector<std::string_view> operators;
  };
  const Expr* regrouped(TSNode node, const Children& children, std::string_view op);
  Child unwrapped(Child type);
  bool has_operator(Child child, std::string_view op);
  void flatten(Child child, BitChain& chain);
  const Expr* grouped(const BitChain& chain);

  // --- strings (lower_string.cc) ---

  const Expr* string(TSNode node);
  struct StringParts;
  const Expr* plain_string(TSNode node);
  void append_part(TSNode node, StringParts& parts);
  void end_text(StringParts& parts);
  SourceRange shown_source(TSNode node);
  const Expr* interpolation(TSNode node);

  // --- statements (lower_stmt.cc) ---

  using Stmts = Collector<Stmt>;
  using Node = decltype(Stmt::node);
  Block block(TSNode node);
  void statements(TSNode parent, Stmts& out);
  void recover(TSNode error, Stmts& out);
  static bool is_statement(Symbol symbol);
  SourceRange statement_range(TSNode node) const;
  void statement(Child child, Stmts& out);
  Node statement_of(Child child);
  Node expression_statement(TSNode node);
  Node assignment(TSNode node);
  Node augmented_assignment(TSNode node);
  Node type_alias(TSNode node);
  Node scope(TSNode node, bool nonlocal);
  Node delete_statement(TSNode node);
  Node import_statement(TSNode node);
  Node import_from(TSNode node);
  std::span<const ImportedName> imported_names(const Children& children, std::size_t from);
  std::string_view dotted_name(TSNode node);
  Node function(TSNode node, Items decorators);
  Node class_definition(TSNode node, Items decorators);
  Node decorated(TSNode node);
  Node if_statement(TSNode node);
  Node for_statement(TSNode node);
  Node while_statement(TSNode node);
  Node with_statement(TSNode node);
  Node try_statement(TSNode node);
  ExceptHandler except_clause(TSNode node);
  Node match_statement(TSNode node);
  MatchCase case_clause(TSNode node);
  Node raise_statement(TSNode node);
  Block last_block(const Children& children);
  Block else_block(const Children& children, std::size_t from);
  struct As {
    const Expr* value;
    const Expr* target;
  };
  As as_pattern(Child child);

  std::string_view file_;
  const ElidedText& source_;
  std::pmr::memory_resource& arena_;
  std::vector<Error> errors_;
  TSTreeCursor cursor_{};
  bool damaged_ = false;  ///< the tree has errors
  bool reported_depth_ = false;
  // While a `with` item or an exception's type is lowered:
  const Expr** as_target_ = nullptr;  ///< where the target of an `as` goes; null where none may be
  std::uint32_t as_end_ = 0;          ///< where the target ends, and so does what holds it
  std::uint32_t as_value_end_ = 0;    ///< where its value ends
  std::uint32_t depth_ = 0;
  std::vector<Child> child_pool_;
  std::vector<const Expr*> expr_pool_;
  std::vector<Stmt> stmt_pool_;
};

}  // namespace torchdevice::gap

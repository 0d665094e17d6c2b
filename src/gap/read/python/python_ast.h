#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

/// The syntax of a Python file, as far as the analyzer asks for it: a small tree of our own,
/// lowered from tree-sitter's, so that the rest of libgap knows no parser. Named after CPython's
/// `ast`.
///
/// Ownership: every node, span and string_view below lives in the `PythonFile` it came from, is
/// never changed once parsed, and may be read from any thread.
namespace torchdevice::gap {

/// A half-open range of bytes in the file as it is on disk.
struct SourceRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

enum class ExprKind : std::uint8_t {
  Name,       ///< text: the identifier
  Attribute,  ///< items[0]: the owner; text: the attribute's name
  Subscript,  ///< items[0]: the owner; items[1..]: the subscripts as written, comma apart
  Call,     ///< items[0]: the callee; items[1..]: arguments (also Keyword, Starred, DoubleStarred)
  Keyword,  ///< text: the keyword; items[0]: its value. Only inside Call and a class's bases
  Starred,  ///< items[0]
  DoubleStarred,   ///< items[0]. Inside Call and Dict
  String,          ///< text: the value, escapes decoded, adjacent literals joined
  FString,         ///< items: String for the literal parts, any other kind for what is in braces
  FormattedValue,  ///< items[0], with a conversion or a format. Only inside FString; without: no
                   ///< wrapper
  Bytes,           ///< text: the value, escapes decoded
  Number,          ///< text: as written
  True,
  False,
  None,
  Ellipsis,
  Tuple,      ///< items
  List,       ///< items
  Set,        ///< items
  Dict,       ///< items: key, value, key, value, …; one DoubleStarred in place of a pair for `**x`
  ListComp,   ///< items[0]: the element; items[1..]: For and If clauses in order
  SetComp,    ///< as ListComp
  Generator,  ///< as ListComp
  DictComp,   ///< items[0], items[1]: key and value; items[2..]: clauses
  CompFor,    ///< items[0]: target; items[1]: iterable. Only inside comprehensions
  CompIf,     ///< items[0]: condition. Only inside comprehensions
  Lambda,     ///< lambda
  IfExp,      ///< items: condition, then, else
  BoolOp,     ///< text: "and" | "or"; items: operands
  UnaryOp,    ///< text: "not" | "-" | "+" | "~"; items[0]
  BinaryOp,   ///< text: the operator; items: left, right
  Compare,    ///< text: the first operator, "not in" and "is not" included; items: the operands.
              ///< A chain of different operators is Opaque
  NamedExpr,  ///< items: the Name, the value (`:=`)
  Slice,      ///< items: lower, upper, step; a missing one is null
  Await,      ///< items[0]
  Yield,      ///< items[0], or none
  YieldFrom,  ///< items[0]
  Opaque,     ///< could not be parsed or lowered; only its range is known
};

struct Lambda;

struct Expr {
  ExprKind kind = ExprKind::Opaque;
  SourceRange range;
  std::string_view text;
  std::span<const Expr* const> items;
  const Lambda* lambda = nullptr;  ///< for ExprKind::Lambda
};

struct Stmt;
using Block = std::span<const Stmt>;

enum class ParameterKind : std::uint8_t {
  PositionalOnly,
  PositionalOrKeyword,
  VarPositional,
  KeywordOnly,
  VarKeyword,
};

/// A parameter as written. The separators `/` and `*` are not parameters: they show in the kinds.
struct ParameterSyntax {
  std::string_view name;
  ParameterKind kind = ParameterKind::PositionalOrKeyword;
  const Expr* annotation = nullptr;
  const Expr* default_value = nullptr;
  SourceRange range;
};

struct Lambda {
  std::span<const ParameterSyntax> parameters;
  const Expr* body = nullptr;
};

struct FunctionDef {
  std::string_view name;
  std::span<const ParameterSyntax> parameters;
  const Expr* returns = nullptr;
  std::span<const Expr* const> decorators;  ///< as written, from the top
  bool is_async = false;
  /// The statements. Empty with `body_elided`: PythonFile::body() has them.
  Block body;
  bool body_elided = false;
  SourceRange body_range;
  /// The docstring as a literal with its quotes; empty where there is none.
  std::string_view docstring_literal;
};

struct ClassDef {
  std::string_view name;
  std::span<const Expr* const> bases;  ///< Keyword among them for `metaclass=` and its like
  std::span<const Expr* const> decorators;
  Block body;
};

/// `import a.b as c`: name "a.b", alias "c". `from m import x`: name "x". No alias: empty.
struct ImportedName {
  std::string_view name;
  std::string_view alias;
  SourceRange range;
};
struct Import {
  std::span<const ImportedName> names;
};
struct ImportFrom {
  std::string_view module;  ///< without leading dots; may be empty
  std::uint32_t level = 0;  ///< leading dots
  bool star = false;
  std::span<const ImportedName> names;
};

/// `a = b = v`, `a: T = v`, `a: T`, `a += v` (op "+=").
struct Assign {
  std::span<const Expr* const> targets;
  const Expr* annotation = nullptr;
  const Expr* value = nullptr;  ///< null for a bare annotation
  std::string_view op;          ///< empty, or the augmented operator with its `=`
};
struct ExprStmt {
  const Expr* value = nullptr;
};
struct Delete {
  std::span<const Expr* const> targets;
};
/// An `elif` is an If alone in `orelse`.
struct If {
  const Expr* test = nullptr;
  Block body;
  Block orelse;
};
struct For {
  const Expr* target = nullptr;
  const Expr* iterable = nullptr;
  Block body;
  Block orelse;
  bool is_async = false;
};
struct While {
  const Expr* test = nullptr;
  Block body;
  Block orelse;
};
struct WithItem {
  const Expr* context = nullptr;
  const Expr* target = nullptr;  ///< null without `as`
};
struct With {
  std::span<const WithItem> items;
  Block body;
  bool is_async = false;
};
struct ExceptHandler {
  const Expr* type = nullptr;  ///< null for a bare `except:`
  std::string_view name;
  Block body;
  SourceRange range;
};
struct Try {
  Block body;
  std::span<const ExceptHandler> handlers;
  Block orelse;
  Block finally;
};
struct MatchCase {
  const Expr* pattern = nullptr;  ///< usually Opaque
  const Expr* guard = nullptr;
  Block body;
};
struct Match {
  const Expr* subject = nullptr;
  std::span<const MatchCase> cases;
};
struct Return {
  const Expr* value = nullptr;
};
struct Raise {
  const Expr* exception = nullptr;
  const Expr* cause = nullptr;
};
struct Assert {
  const Expr* test = nullptr;
  const Expr* message = nullptr;
};
struct ScopeDeclaration {  ///< `global` and `nonlocal`
  std::span<const std::string_view> names;
  bool nonlocal = false;
};
struct TypeAlias {  ///< `type X = …`
  std::string_view name;
  const Expr* value = nullptr;
};
struct Pass {};
struct Break {};
struct Continue {};
struct OpaqueStmt {};  ///< a syntax error; only its range is known

struct Stmt {
  SourceRange range;
  std::variant<OpaqueStmt, ExprStmt, Assign, Import, ImportFrom, FunctionDef, ClassDef, If, For,
               While, With, Try, Match, Return, Raise, Assert, Delete, ScopeDeclaration, TypeAlias,
               Pass, Break, Continue>
      node;
};

}  // namespace torchdevice::gap

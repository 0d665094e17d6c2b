#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "gap/read/python/python_file.h"

/// Writes syntax trees as text, for tests to compare. A range outside the file aborts.
namespace torchdevice::gap {

/// How a dump treats the statements inside functions.
enum class DumpBodies { Left, Read };
enum class DumpRanges { Left, Written };

class PythonDump {
 public:
  PythonDump(const PythonFile& file, DumpBodies bodies, bool ranges)
      : file_(file), bodies_(bodies), ranges_(ranges) {}

  std::string block(Block block) {
    for (const Stmt& stmt : block) statement(stmt);
    return std::move(out_);
  }

  std::string expression(const Expr* expr) {
    write(expr);
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    if (!out_.empty()) out_ += '\n';
    out_.append(2 * indent_, ' ');
    out_ += text;
  }

  void place(SourceRange range) {
    if (range.begin > range.end || range.end > file_.text().size()) std::abort();
    if (!ranges_) return;
    out_ += '@' + std::to_string(range.begin) + '-' + std::to_string(range.end);
  }

  void nested(std::string_view title, Block block) {
    if (block.empty()) return;
    ++indent_;
    line(title);
    ++indent_;
    for (const Stmt& stmt : block) statement(stmt);
    indent_ -= 2;
  }

  void list(std::span<const Expr* const> items) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(items[i]);
    }
    out_ += ']';
  }

  void optional(std::string_view title, const Expr* expr) {
    if (expr == nullptr) return;
    out_ += ' ';
    out_ += title;
    if (!title.empty()) out_ += ' ';
    write(expr);
  }

  void quoted(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out_ += '\'';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || c == '\'' || c == '\\') {
        out_ += "\\x";
        out_ += kHex[byte >> 4];
        out_ += kHex[byte & 15];
      } else {
        out_ += c;
      }
    }
    out_ += '\'';
  }

  void parameters(std::span<const ParameterSyntax> parameters) {
    constexpr std::string_view kKinds[] = {"/", "", "*", "kw ", "**"};
    out_ += '(';
    for (const ParameterSyntax& parameter : parameters) {
      if (&parameter != parameters.data()) out_ += ", ";
      out_ += kKinds[static_cast<int>(parameter.kind)];
      out_ += parameter.name;
      place(parameter.range);
      optional(":", parameter.annotation);
      optional("=", parameter.default_value);
    }
    out_ += ')';
  }

  void write(const Expr* expr);
  void statement(const Stmt& stmt);

  void write(const OpaqueStmt&) { line("opaque"); }
  void write(const Pass&) { line("pass"); }
  void write(const Break&) { line("break"); }
  void write(const Continue&) { line("continue"); }
  void write(const ExprStmt& stmt) {
    line("");
    write(stmt.value);
  }
  void write(const Assign& stmt) {
    line("assign ");
    list(stmt.targets);
    optional(":", stmt.annotation);
    optional(stmt.op.empty() ? "=" : stmt.op, stmt.value);
  }
  void names(std::span<const ImportedName> names) {
    for (const ImportedName& name : names) {
      out_ += ' ';
      out_ += name.name;
      place(name.range);
      if (!name.alias.empty()) (out_ += " as ") += name.alias;
    }
  }
  void write(const Import& stmt) {
    line("import");
    names(stmt.names);
  }
  void write(const ImportFrom& stmt) {
    line("from " + std::to_string(stmt.level) + " ");
    out_ += stmt.module;
    if (stmt.star) out_ += " *";
    names(stmt.names);
  }
  void write(const FunctionDef& function) {
    line(function.is_async ? "async def " : "def ");
    out_ += function.name;
    parameters(function.parameters);
    optional("->", function.returns);
    optional_list("decorators", function.decorators);
    if (ranges_) out_ += " body";
    place(function.body_range);
    if (!function.docstring_literal.empty()) {
      out_ += " doc ";
      quoted(function.docstring_literal);
    }
    if (bodies_ == DumpBodies::Read) nested("body:", file_.body(function));
  }
  void optional_list(std::string_view title, std::span<const Expr* const> items) {
    if (items.empty()) return;
    out_ += ' ';
    out_ += title;
    list(items);
  }
  void write(const ClassDef& stmt) {
    line("class ");
    out_ += stmt.name;
    optional_list("bases", stmt.bases);
    optional_list("decorators", stmt.decorators);
    nested("body:", stmt.body);
  }
  void write(const If& stmt) {
    line("if");
    optional("", stmt.test);
    nested("then:", stmt.body);
    nested("else:", stmt.orelse);
  }
  void write(const For& stmt) {
    line(stmt.is_async ? "async for" : "for");
    optional("", stmt.target);
    optional("in", stmt.iterable);
    nested("body:", stmt.body);
    nested("else:", stmt.orelse);
  }
  void write(const While& stmt) {
    line("while");
    optional("", stmt.test);
    nested("body:", stmt.body);
    nested("else:", stmt.orelse);
  }
  void write(const With& stmt) {
    line(stmt.is_async ? "async with" : "with");
    for (const WithItem& item : stmt.items) {
      optional("", item.context);
      optional("as", item.target);
    }
    nested("body:", stmt.body);
  }
  void write(const Try& stmt) {
    line("try");
    nested("body:", stmt.body);
    for (const ExceptHandler& handler : stmt.handlers) {
      line("except");
      place(handler.range);
      optional("", handler.type);
      if (!handler.name.empty()) (out_ += " as ") += handler.name;
      nested("body:", handler.body);
    }
    nested("else:", stmt.orelse);
    nested("finally:", stmt.finally);
  }
  void write(const Match& stmt) {
    line("match");
    optional("", stmt.subject);
    for (const MatchCase& match_case : stmt.cases) {
      line("case");
      optional("", match_case.pattern);
      optional("if", match_case.guard);
      nested("body:", match_case.body);
    }
  }
  void write(const Return& stmt) {
    line("return");
    optional("", stmt.value);
  }
  void write(const Raise& stmt) {
    line("raise");
    optional("", stmt.exception);
    optional("from", stmt.cause);
  }
  void write(const Assert& stmt) {
    line("assert");
    optional("", stmt.test);
    optional(",", stmt.message);
  }
  void write(const Delete& stmt) {
    line("del ");
    list(stmt.targets);
  }
  void write(const ScopeDeclaration& stmt) {
    line(stmt.nonlocal ? "nonlocal" : "global");
    for (const std::string_view name : stmt.names) (out_ += ' ') += name;
  }
  void write(const TypeAlias& stmt) {
    line("type ");
    out_ += stmt.name;
    optional("=", stmt.value);
  }

  const PythonFile& file_;
  DumpBodies bodies_;
  bool ranges_;
  std::string out_;
  std::size_t indent_ = 0;
};

inline void PythonDump::statement(const Stmt& stmt) {
  std::visit([this](const auto& node) { write(node); }, stmt.node);
  place(stmt.range);
}

inline void PythonDump::write(const Expr* expr) {
  constexpr std::string_view kKinds[] = {
      "Name",    "Attribute", "Subscript",      "Call",    "Keyword",   "Starred", "DoubleStarred",
      "String",  "FString",   "FormattedValue", "Bytes",   "Number",    "True",    "False",
      "None",    "Ellipsis",  "Tuple",          "List",    "Set",       "Dict",    "ListComp",
      "SetComp", "Generator", "DictComp",       "CompFor", "CompIf",    "Lambda",  "IfExp",
      "BoolOp",  "UnaryOp",   "BinaryOp",       "Compare", "NamedExpr", "Slice",   "Await",
      "Yield",   "YieldFrom", "Opaque"};
  if (expr == nullptr) {
    out_ += '-';
    return;
  }
  out_ += kKinds[static_cast<int>(expr->kind)];
  place(expr->range);
  if (expr->text.data() != nullptr) quoted(expr->text);
  if (!expr->items.empty()) list(expr->items);
  if (expr->lambda != nullptr) {
    parameters(expr->lambda->parameters);
    optional(":", expr->lambda->body);
  }
}

inline std::string dump(const PythonFile& file, DumpBodies bodies,
                        DumpRanges ranges = DumpRanges::Written) {
  return PythonDump(file, bodies, ranges == DumpRanges::Written).block(file.statements());
}

}  // namespace torchdevice::gap

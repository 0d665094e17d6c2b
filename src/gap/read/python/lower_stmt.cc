#include <utility>

#include "gap/read/python/lower.h"
#include "gap/read/python/python_lines.h"

namespace torchdevice::gap {

Block Lowering::block(TSNode node) {
  Stmts out(stmt_pool_, arena_);
  statements(node, out);
  return out.finish();
}

void Lowering::statements(TSNode parent, Stmts& out) {
  if (depth_ >= PythonFile::kMaxNesting) {
    too_deep(parent);
    out.add({range(parent), OpaqueStmt{}});
    return;
  }
  ++depth_;
  const Children children(*this, parent);
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (ts_node_is_missing(child.node)) {
      syntax_error(child.node);
    } else if (child.symbol == Symbol::Error) {
      syntax_error(child.node);
      recover(child.node, out);
    } else if (ts_node_is_named(child.node)) {
      statement(child, out);
    }
  }
  --depth_;
}

/// The statements that can be told in an error node; one OpaqueStmt for what is between them.
void Lowering::recover(TSNode error, Stmts& out) {
  const Children children(*this, error);
  bool opaque = false;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (is_statement(child.symbol)) {
      statement(child, out);
      opaque = false;
    } else if (opaque) {
      stmt_pool_.back().range.end = range(child.node).end;
    } else {
      out.add({range(child.node), OpaqueStmt{}});
      opaque = true;
    }
  }
  if (children.size() == 0) out.add({range(error), OpaqueStmt{}});
}

/// Without the semicolon that the grammar counts to a block.
SourceRange Lowering::statement_range(TSNode node) const {
  SourceRange place = range(node);
  while (place.end > place.begin &&
         (file_[place.end - 1] == ';' || is_at(file_, place.end - 1, Byte::Space))) {
    --place.end;
  }
  return place;
}

void Lowering::statement(Child child, Stmts& out) {
  Stmt stmt{statement_range(child.node), OpaqueStmt{}};
  if (!broken(child.node)) stmt.node = statement_of(child);
  out.add(stmt);
}

bool Lowering::is_statement(Symbol symbol) {
  switch (symbol) {
    case Symbol::AssertStatement:
    case Symbol::BreakStatement:
    case Symbol::ClassDefinition:
    case Symbol::ContinueStatement:
    case Symbol::DecoratedDefinition:
    case Symbol::DeleteStatement:
    case Symbol::ExpressionStatement:
    case Symbol::ForStatement:
    case Symbol::FunctionDefinition:
    case Symbol::FutureImportStatement:
    case Symbol::GlobalStatement:
    case Symbol::IfStatement:
    case Symbol::ImportFromStatement:
    case Symbol::ImportStatement:
    case Symbol::MatchStatement:
    case Symbol::NonlocalStatement:
    case Symbol::PassStatement:
    case Symbol::RaiseStatement:
    case Symbol::ReturnStatement:
    case Symbol::TryStatement:
    case Symbol::TypeAliasStatement:
    case Symbol::WhileStatement:
    case Symbol::WithStatement:
      return true;
    default:
      return false;
  }
}

Lowering::Node Lowering::statement_of(Child child) {
  const TSNode node = child.node;
  switch (child.symbol) {
    case Symbol::ExpressionStatement:
      return expression_statement(node);
    case Symbol::ImportStatement:
      return import_statement(node);
    case Symbol::ImportFromStatement:
    case Symbol::FutureImportStatement:
      return import_from(node);
    case Symbol::ReturnStatement: {
      const Children children(*this, node);
      return Return{children.size() > 1 ? expression(children.back()) : nullptr};
    }
    case Symbol::RaiseStatement:
      return raise_statement(node);
    case Symbol::AssertStatement: {
      const Children children(*this, node);
      if (children.size() < 2) return OpaqueStmt{};
      return Assert{expression(children[1]),
                    children.size() > 3 ? expression(children[3]) : nullptr};
    }
    case Symbol::DeleteStatement:
      return delete_statement(node);
    case Symbol::GlobalStatement:
      return scope(node, false);
    case Symbol::NonlocalStatement:
      return scope(node, true);
    case Symbol::TypeAliasStatement:
      return type_alias(node);
    case Symbol::PassStatement:
      return Pass{};
    case Symbol::BreakStatement:
      return Break{};
    case Symbol::ContinueStatement:
      return Continue{};
    case Symbol::FunctionDefinition:
      return function(node, {});
    case Symbol::ClassDefinition:
      return class_definition(node, {});
    case Symbol::DecoratedDefinition:
      return decorated(node);
    case Symbol::IfStatement:
      return if_statement(node);
    case Symbol::ForStatement:
      return for_statement(node);
    case Symbol::WhileStatement:
      return while_statement(node);
    case Symbol::WithStatement:
      return with_statement(node);
    case Symbol::TryStatement:
      return try_statement(node);
    case Symbol::MatchStatement:
      return match_statement(node);
    default:
      return OpaqueStmt{};
  }
}

Lowering::Node Lowering::expression_statement(TSNode node) {
  const Children children(*this, node);
  if (children.size() == 0) return OpaqueStmt{};
  if (children.size() == 1) {
    const Child only = children[0];
    if (only.symbol == Symbol::Assignment || only.symbol == Symbol::AugmentedAssignment) {
      if (broken(only.node)) return OpaqueStmt{};
      return only.symbol == Symbol::Assignment ? assignment(only.node)
                                               : augmented_assignment(only.node);
    }
  }
  return ExprStmt{one_or_tuple(children, 0, children.size())};
}

Lowering::Node Lowering::assignment(TSNode node) {
  Exprs targets = exprs();
  Assign assign;
  for (;;) {
    const Children children(*this, node);
    if (children.size() < 3) return OpaqueStmt{};
    targets.add(expression(children[0]));
    if (children[1].symbol == Symbol::Colon) {
      assign.annotation = expression(children[2]);
      if (children.size() > 4) assign.value = expression(children[4]);
      break;
    }
    const Child right = children[2];
    if (right.symbol != Symbol::Assignment) {
      assign.value = expression(right);
      break;
    }
    if (broken(right.node)) return OpaqueStmt{};
    node = right.node;
  }
  assign.targets = targets.finish();
  return assign;
}

Lowering::Node Lowering::augmented_assignment(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3) return OpaqueStmt{};
  Exprs targets = exprs();
  targets.add(expression(children[0]));
  Assign assign;
  assign.targets = targets.finish();
  assign.op = text(children[1].node);
  assign.value = expression(children[2]);
  return assign;
}

Lowering::Node Lowering::delete_statement(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 2) return OpaqueStmt{};
  Exprs targets = exprs();
  if (children[1].symbol == Symbol::ExpressionList) {
    arguments(children[1].node, targets);
  } else {
    targets.add(expression(children[1]));
  }
  return Delete{targets.finish()};
}

Lowering::Node Lowering::scope(TSNode node, bool nonlocal) {
  const Children children(*this, node);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].symbol == Symbol::Identifier) names.push_back(text(children[i].node));
  }
  return ScopeDeclaration{in_arena<std::string_view>(names), nonlocal};
}

Lowering::Node Lowering::type_alias(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 4) return OpaqueStmt{};
  // `type X[T] = …`: the name is before the parameters.
  const Expr* left = expression(children[1]);
  if (left->kind == ExprKind::Subscript) left = left->items[0];
  return TypeAlias{left->text, expression(children[3])};
}

Lowering::Node Lowering::raise_statement(TSNode node) {
  const Children children(*this, node);
  Raise raise;
  std::size_t at = 1;
  if (at < children.size() && children[at].symbol != Symbol::From) {
    raise.exception = expression(children[at++]);
  }
  if (at + 1 < children.size()) raise.cause = expression(children[at + 1]);
  return raise;
}

Block Lowering::last_block(const Children& children) {
  if (children.size() == 0 || children.back().symbol != Symbol::Block) return {};
  return block(children.back().node);
}

Lowering::Node Lowering::if_statement(TSNode node) {
  const Children children(*this, node);
  const std::size_t body = children.find(Symbol::Block);
  if (body >= children.size() || body < 2) return OpaqueStmt{};
  If statement{expression(children[1]), block(children[body].node), {}};
  // From the last clause to the first: each is the `orelse` of the one before it.
  const std::size_t kept =
      std::min<std::size_t>(children.size(), body + 1 + PythonFile::kMaxNesting);
  if (kept < children.size()) too_deep(children[kept].node);
  for (std::size_t i = kept; i-- > body + 1;) {
    const Child clause = children[i];
    const bool known = clause.symbol == Symbol::ElseClause || clause.symbol == Symbol::ElifClause;
    if (!known || broken(clause.node)) continue;
    const Children parts(*this, clause.node);
    if (clause.symbol == Symbol::ElseClause) {
      statement.orelse = last_block(parts);
    } else if (parts.size() >= 4) {
      const Expr* test = expression(parts[1]);
      const Block then = last_block(parts);
      SourceRange place = statement_range(clause.node);
      if (!statement.orelse.empty()) place.end = statement.orelse.back().range.end;
      const Stmt elif[] = {{place, If{test, then, statement.orelse}}};
      statement.orelse = in_arena<Stmt>(elif);
    }
  }
  return statement;
}

Lowering::Node Lowering::for_statement(TSNode node) {
  const Children children(*this, node);
  const bool is_async = children.size() > 0 && children[0].symbol == Symbol::Async;
  const std::size_t target = is_async ? 2 : 1;
  const std::size_t in = children.find(Symbol::In);
  const std::size_t body = children.find(Symbol::Block, in);
  if (in != target + 1 || body >= children.size()) return OpaqueStmt{};
  For statement;
  statement.is_async = is_async;
  statement.target = expression(children[target]);
  statement.iterable = expression(children[in + 1]);
  statement.body = block(children[body].node);
  statement.orelse = else_block(children, body);
  return statement;
}

Lowering::Node Lowering::while_statement(TSNode node) {
  const Children children(*this, node);
  const std::size_t body = children.find(Symbol::Block);
  if (body >= children.size() || body < 2) return OpaqueStmt{};
  While statement;
  statement.test = expression(children[1]);
  statement.body = block(children[body].node);
  statement.orelse = else_block(children, body);
  return statement;
}

Block Lowering::else_block(const Children& children, std::size_t from) {
  const std::size_t clause = children.find(Symbol::ElseClause, from);
  if (clause >= children.size() || broken(children[clause].node)) return {};
  return last_block(Children(*this, children[clause].node));
}

Lowering::Node Lowering::with_statement(TSNode node) {
  const Children children(*this, node);
  const std::size_t clause = children.find(Symbol::WithClause);
  if (clause >= children.size() || broken(children[clause].node)) return OpaqueStmt{};
  std::vector<WithItem> items;
  const auto add = [&](Child child) {
    const auto [value, target] = as_pattern(child);
    items.push_back({value, target});
  };
  const Children parts(*this, children[clause].node);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].symbol != Symbol::WithItem) continue;
    if (broken(parts[i].node)) return OpaqueStmt{};
    const Children item(*this, parts[i].node);
    if (item.size() == 0) return OpaqueStmt{};
    if (parts.size() == 1 && item[0].symbol == Symbol::Tuple && !broken(item[0].node)) {
      // `with (a, b):` has two items, though the grammar may see a tuple.
      const Children inner(*this, item[0].node);
      for (std::size_t j = 0; j < inner.size(); ++j) {
        if (ts_node_is_named(inner[j].node)) add(inner[j]);
      }
    } else {
      add(item[0]);
    }
  }
  With statement;
  statement.is_async = children[0].symbol == Symbol::Async;
  statement.items = in_arena<WithItem>(items);
  statement.body = last_block(children);
  return statement;
}

/// `value as target`, or a value alone. The grammar may give the `as` to a part of the value, as in
/// `a if b else c as d`: it shows as soon as the part is lowered.
Lowering::As Lowering::as_pattern(Child child) {
  As result{nullptr, nullptr};
  const Expr** outer = std::exchange(as_target_, &result.target);
  result.value = expression(child);
  as_target_ = outer;
  as_end_ = 0;
  return result;
}

Lowering::Node Lowering::try_statement(TSNode node) {
  const Children children(*this, node);
  Try statement;
  std::vector<ExceptHandler> handlers;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    switch (child.symbol) {
      case Symbol::Block:
        statement.body = block(child.node);
        break;
      case Symbol::ExceptClause:
      case Symbol::ExceptGroupClause:
        handlers.push_back(except_clause(child.node));
        break;
      case Symbol::ElseClause:
        statement.orelse = else_block(children, i);
        break;
      case Symbol::FinallyClause:
        if (!broken(child.node)) statement.finally = last_block(Children(*this, child.node));
        break;
      default:
        break;
    }
  }
  statement.handlers = in_arena<ExceptHandler>(handlers);
  return statement;
}

ExceptHandler Lowering::except_clause(TSNode node) {
  ExceptHandler handler;
  handler.range = statement_range(node);
  if (broken(node)) {
    handler.type = opaque(node);
    return handler;
  }
  const Children children(*this, node);
  const std::size_t colon = children.find(Symbol::Colon);
  if (colon > 1) {
    const auto [type, name] = as_pattern(children[1]);
    handler.type = type;
    if (name != nullptr) handler.name = name->text;
    if (colon == 4 && children[2].symbol == Symbol::As) {
      handler.name = text(children[3].node);
    } else if (colon > 2) {
      handler.type = one_or_tuple(children, 1, colon);
    }
  }
  handler.body = last_block(children);
  return handler;
}

Lowering::Node Lowering::match_statement(TSNode node) {
  const Children children(*this, node);
  const std::size_t colon = children.find(Symbol::Colon);
  const std::size_t body = children.find(Symbol::Block);
  if (colon < 2 || body >= children.size() || broken(children[body].node)) return OpaqueStmt{};
  Match statement;
  statement.subject = one_or_tuple(children, 1, colon);
  std::vector<MatchCase> cases;
  const Children clauses(*this, children[body].node);
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (clauses[i].symbol == Symbol::CaseClause && !broken(clauses[i].node)) {
      cases.push_back(case_clause(clauses[i].node));
    }
  }
  statement.cases = in_arena<MatchCase>(cases);
  return statement;
}

MatchCase Lowering::case_clause(TSNode node) {
  const Children children(*this, node);
  MatchCase result;
  const std::size_t guard = children.find(Symbol::IfClause);
  const std::size_t colon = children.find(Symbol::Colon);
  const std::size_t end = std::min(guard, colon);
  if (end > 1) {
    const SourceRange place{range(children[1].node).begin, range(children[end - 1].node).end};
    result.pattern = make(ExprKind::Opaque, place);
  }
  if (guard < children.size() && !broken(children[guard].node)) {
    const Children parts(*this, children[guard].node);
    if (parts.size() == 2) result.guard = expression(parts[1]);
  }
  result.body = last_block(children);
  return result;
}

}  // namespace torchdevice::gap

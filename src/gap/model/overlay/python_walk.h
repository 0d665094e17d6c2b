#pragma once

#include <variant>

#include "gap/read/python/python_ast.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {

/// Calls `visit` for every statement of a block and of the blocks in it, bodies of inner functions
/// and classes included, each before what stands in it.
template <typename Visit>
void each_statement(Block block, const PythonFile& file, const Visit& visit) {
  for (const Stmt& statement : block) {
    visit(statement);
    const auto inside = [&](Block inner) { each_statement(inner, file, visit); };
    std::visit(
        [&]<typename Node>(const Node& node) {
          if constexpr (std::is_same_v<Node, FunctionDef>) {
            inside(file.body(node));
          } else if constexpr (std::is_same_v<Node, ClassDef> || std::is_same_v<Node, With>) {
            inside(node.body);
          } else if constexpr (std::is_same_v<Node, If> || std::is_same_v<Node, For> ||
                               std::is_same_v<Node, While>) {
            inside(node.body);
            inside(node.orelse);
          } else if constexpr (std::is_same_v<Node, Try>) {
            inside(node.body);
            for (const ExceptHandler& handler : node.handlers) inside(handler.body);
            inside(node.orelse);
            inside(node.finally);
          } else if constexpr (std::is_same_v<Node, Match>) {
            for (const MatchCase& one : node.cases) inside(one.body);
          }
        },
        statement.node);
  }
}

/// Calls `visit` for an expression and all those in it, bodies of lambdas included.
template <typename Visit>
void each_part(const Expr* expression, const Visit& visit) {
  if (expression == nullptr) {
    return;
  }
  visit(*expression);
  for (const Expr* item : expression->items) each_part(item, visit);
  if (expression->lambda != nullptr) each_part(expression->lambda->body, visit);
}

/// Calls `visit` for the expressions that stand in a statement itself, not in its blocks; what is
/// assigned to or deleted is among them.
template <typename Visit>
void each_expression(const Stmt& statement, const Visit& visit) {
  const auto list = [&](std::span<const Expr* const> expressions) {
    for (const Expr* expression : expressions) visit(expression);
  };
  std::visit(
      [&]<typename Node>(const Node& node) {
        if constexpr (std::is_same_v<Node, ExprStmt> || std::is_same_v<Node, Return>) {
          visit(node.value);
        } else if constexpr (std::is_same_v<Node, Assign>) {
          list(node.targets);
          visit(node.value);
        } else if constexpr (std::is_same_v<Node, Delete>) {
          list(node.targets);
        } else if constexpr (std::is_same_v<Node, If> || std::is_same_v<Node, While> ||
                             std::is_same_v<Node, Assert>) {
          visit(node.test);
        } else if constexpr (std::is_same_v<Node, For>) {
          visit(node.target);
          visit(node.iterable);
        } else if constexpr (std::is_same_v<Node, With>) {
          for (const WithItem& item : node.items) visit(item.context);
        } else if constexpr (std::is_same_v<Node, Match>) {
          visit(node.subject);
        } else if constexpr (std::is_same_v<Node, Raise>) {
          visit(node.exception);
        } else if constexpr (std::is_same_v<Node, FunctionDef>) {
          list(node.decorators);
        }
      },
      statement.node);
}

}  // namespace torchdevice::gap

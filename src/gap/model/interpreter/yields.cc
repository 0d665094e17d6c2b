#include "gap/model/interpreter/yields.h"

#include <algorithm>

namespace torchdevice::gap {
namespace {

bool yields(const Expr* expression) {
  if (expression == nullptr) return false;
  if (expression->kind == ExprKind::Yield || expression->kind == ExprKind::YieldFrom) return true;
  if (expression->kind == ExprKind::Lambda) return false;
  return std::any_of(expression->items.begin(), expression->items.end(), yields);
}

struct YieldFinder {
  bool operator()(const ExprStmt& statement) const { return yields(statement.value); }
  bool operator()(const Assign& statement) const { return yields(statement.value); }
  bool operator()(const Return& statement) const { return yields(statement.value); }
  bool operator()(const If& statement) const {
    return yields(statement.test) || has_yield(statement.body) || has_yield(statement.orelse);
  }
  bool operator()(const While& statement) const {
    return yields(statement.test) || has_yield(statement.body) || has_yield(statement.orelse);
  }
  bool operator()(const For& statement) const {
    return yields(statement.iterable) || has_yield(statement.body) || has_yield(statement.orelse);
  }
  bool operator()(const With& statement) const {
    return has_yield(statement.body) ||
           std::any_of(statement.items.begin(), statement.items.end(),
                       [](const WithItem& item) { return yields(item.context); });
  }
  bool operator()(const Try& statement) const {
    return has_yield(statement.body) || has_yield(statement.orelse) ||
           has_yield(statement.finally) ||
           std::any_of(statement.handlers.begin(), statement.handlers.end(),
                       [](const ExceptHandler& handler) { return has_yield(handler.body); });
  }
  bool operator()(const Match& statement) const {
    return std::any_of(statement.cases.begin(), statement.cases.end(),
                       [](const MatchCase& one) { return has_yield(one.body); });
  }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

bool has_yield(Block block) {
  return std::any_of(block.begin(), block.end(), [](const Stmt& statement) {
    return std::visit(YieldFinder{}, statement.node);
  });
}

}  // namespace torchdevice::gap

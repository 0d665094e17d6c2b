#include "gap/read/python/lower.h"

namespace torchdevice::gap {
namespace {

/// How tightly an operator of a mended chain binds.
int binding(std::string_view op) { return op == "|" ? 0 : op == "^" ? 1 : 2; }

}  // namespace

/// What is inside the nodes that only say that it is a type.
Lowering::Child Lowering::unwrapped(Child type) {
  while (type.symbol == Symbol::Type) {
    const Children children(*this, type.node);
    if (children.size() != 1) break;
    type = children[0];
  }
  return type;
}

bool Lowering::has_operator(Child child, std::string_view op) {
  const Child inner = unwrapped(child);
  if (inner.symbol != Symbol::BinaryOperator && inner.symbol != Symbol::UnionType) return false;
  const Children children(*this, inner.node);
  return children.size() == 3 && text(children[1].node) == op;
}

/// The operands and operators of `|`, `^` and `&` at a node, from the left, as far as no
/// parentheses separate them.
void Lowering::flatten(Child child, BitChain& chain) {
  const Child inner = unwrapped(child);
  const bool chained =
      has_operator(inner, "|") || has_operator(inner, "^") || has_operator(inner, "&");
  if (!chained || broken(inner.node) || depth_ >= PythonFile::kMaxNesting) {
    chain.operands.push_back(expression(inner));
    return;
  }
  const Children children(*this, inner.node);
  ++depth_;
  flatten(children[0], chain);
  chain.operators.push_back(text(children[1].node));
  flatten(children[2], chain);
  --depth_;
}

/// The grammar groups two things otherwise than Python does: it gives `^` precedence over `&`, and
/// in annotations it may group `a | b | c` to the right. Null where neither is the case.
const Expr* Lowering::regrouped(TSNode node, const Children& children, std::string_view op) {
  const bool wrong = op == "|" ? has_operator(children[2], "|")
                               : has_operator(children[0], "^") || has_operator(children[2], "^");
  if (!wrong) return nullptr;
  BitChain chain;
  flatten({node, symbol_of(node)}, chain);
  if (chain.operands.size() + depth_ > PythonFile::kMaxNesting) {
    too_deep(node);
    return opaque(node);
  }
  return grouped(chain);
}

/// The operands, grouped by precedence and to the left.
const Expr* Lowering::grouped(const BitChain& chain) {
  std::vector<const Expr*> operands;
  std::vector<std::string_view> operators;
  const auto reduce = [&] {
    const Expr* right = operands.back();
    operands.pop_back();
    const Expr* left = operands.back();
    Exprs items = exprs();
    items.add(left);
    items.add(right);
    operands.back() =
        primary(ExprKind::BinaryOp, {left->range.begin, right->range.end}, operators.back(), items);
    operators.pop_back();
  };
  operands.push_back(chain.operands[0]);
  for (std::size_t i = 1; i < chain.operands.size(); ++i) {
    const std::string_view op = chain.operators[i - 1];
    while (!operators.empty() && binding(operators.back()) >= binding(op)) reduce();
    operators.push_back(op);
    operands.push_back(chain.operands[i]);
  }
  while (!operators.empty()) reduce();
  return operands.back();
}

}  // namespace torchdevice::gap

#include <utility>

#include "gap/read/python/lower.h"

namespace torchdevice::gap {

const Expr* Lowering::expression(Child child) {
  if (depth_ >= PythonFile::kMaxNesting) {
    too_deep(child.node);
    return opaque(child.node);
  }
  ++depth_;
  const Expr* result = broken(child.node) ? opaque(child.node) : expression_of(child);
  --depth_;
  return result;
}

const Expr* Lowering::expression_of(Child child) {
  const TSNode node = child.node;
  switch (child.symbol) {
    case Symbol::Identifier: {
      const SourceRange place = range(node);
      return make(ExprKind::Name, place, text(place));
    }
    case Symbol::Integer:
    case Symbol::Float: {
      const SourceRange place = range(node);
      return make(ExprKind::Number, place, text(place));
    }
    case Symbol::True:
      return make(ExprKind::True, range(node));
    case Symbol::False:
      return make(ExprKind::False, range(node));
    case Symbol::None:
      return make(ExprKind::None, range(node));
    case Symbol::Ellipsis:
      return make(ExprKind::Ellipsis, range(node));
    case Symbol::String:
    case Symbol::ConcatenatedString:
      return string(node);
    case Symbol::Attribute:
    case Symbol::MemberType:
      return attribute(node);
    case Symbol::Subscript:
      return subscript(node);
    case Symbol::GenericType:
      return generic_type(node);
    case Symbol::Call:
      return call(node);
    case Symbol::KeywordArgument:
      return keyword_argument(node);
    case Symbol::Type:
    case Symbol::ParenthesizedExpression:
      return only_child(node);
    case Symbol::Tuple:
    case Symbol::TuplePattern:
    case Symbol::ExpressionList:
    case Symbol::PatternList:
      return sequence(ExprKind::Tuple, node);
    case Symbol::List:
    case Symbol::ListPattern:
      return sequence(ExprKind::List, node);
    case Symbol::Set:
      return sequence(ExprKind::Set, node);
    case Symbol::Dictionary:
      return dictionary(node);
    case Symbol::Lambda:
      return lambda(node);
    default:
      return operation(child);
  }
}

const Expr* Lowering::operation(Child child) {
  const TSNode node = child.node;
  switch (child.symbol) {
    case Symbol::ListSplat:
    case Symbol::ListSplatPattern:
      return last_child(ExprKind::Starred, node);
    case Symbol::DictionarySplat:
    case Symbol::DictionarySplatPattern:
      return last_child(ExprKind::DoubleStarred, node);
    case Symbol::SplatType: {
      const bool twice = text(node).starts_with("**");
      return last_child(twice ? ExprKind::DoubleStarred : ExprKind::Starred, node);
    }
    case Symbol::ListComprehension:
      return comprehension(ExprKind::ListComp, node);
    case Symbol::SetComprehension:
      return comprehension(ExprKind::SetComp, node);
    case Symbol::GeneratorExpression:
      return comprehension(ExprKind::Generator, node);
    case Symbol::DictionaryComprehension:
      return comprehension(ExprKind::DictComp, node);
    case Symbol::ForInClause:
      return for_in_clause(node);
    case Symbol::IfClause:
      return last_child(ExprKind::CompIf, node);
    case Symbol::ConditionalExpression:
      return conditional(node);
    case Symbol::BooleanOperator:
      return boolean(node);
    case Symbol::NotOperator:
    case Symbol::UnaryOperator:
      return unary(node);
    case Symbol::BinaryOperator:
    case Symbol::UnionType:
      return binary(node);
    case Symbol::ComparisonOperator:
      return comparison(node);
    case Symbol::NamedExpression:
      return named_expression(node);
    case Symbol::Slice:
    case Symbol::ConstrainedType:
      return slice(node);
    case Symbol::AsPattern:
      return as_expression(node);
    case Symbol::Await:
      return last_child(ExprKind::Await, node);
    case Symbol::Yield:
      return yield(node);
    default:
      return opaque(node);
  }
}

const Expr* Lowering::one_or_tuple(const Children& children, std::size_t begin, std::size_t end) {
  if (begin >= end) return nullptr;
  if (end - begin == 1) return expression(children[begin]);
  Exprs items = exprs();
  for (std::size_t i = begin; i < end; ++i) {
    if (ts_node_is_named(children[i].node)) items.add(expression(children[i]));
  }
  const SourceRange place{range(children[begin].node).begin, range(children[end - 1].node).end};
  return make(ExprKind::Tuple, place, {}, items.finish());
}

const Expr* Lowering::sequence(ExprKind kind, TSNode node) {
  const Children children(*this, node);
  Exprs items = exprs();
  bool comma = false;
  for (std::size_t i = 0; i < children.size(); ++i) {
    comma |= children[i].symbol == Symbol::Comma;
    if (ts_node_is_named(children[i].node)) items.add(expression(children[i]));
  }
  // The grammar reads the target of `(a) = 1` as a tuple.
  if (kind == ExprKind::Tuple && !comma && items.size() == 1) return items.back();
  return make(kind, range(node), {}, items.finish());
}

const Expr* Lowering::only_child(TSNode node) {
  const Children children(*this, node);
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (ts_node_is_named(children[i].node)) return expression(children[i]);
  }
  return opaque(node);
}

const Expr* Lowering::last_child(ExprKind kind, TSNode node) {
  const Children children(*this, node);
  if (children.size() < 2) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children.back()));
  return make(kind, range(node), {}, items.finish());
}

/// `*a.b`, `*a[b]`, `*a(b)` and `*a + b`: the grammar gives the star to `a` alone.
const Expr* Lowering::primary(ExprKind kind, SourceRange place, std::string_view text,
                              Exprs& items) {
  const Expr* first = items.front();
  if (first->kind != ExprKind::Starred) return make(kind, place, text, items.finish());
  items.front() = first->items[0];
  Exprs starred = exprs();
  starred.add(make(kind, {items.front()->range.begin, place.end}, text, items.finish()));
  return make(ExprKind::Starred, place, {}, starred.finish());
}

const Expr* Lowering::attribute(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[0]));
  return primary(ExprKind::Attribute, range(node), text(children[2].node), items);
}

const Expr* Lowering::subscript(TSNode node) {
  const Children children(*this, node);
  if (children.size() < 4) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[0]));
  if (children.size() == 5 && children[3].symbol == Symbol::Comma) {
    // `a[b,]`: one subscript, a tuple of one.
    items.add(one_or_tuple(children, 2, 4));
  } else {
    for (std::size_t i = 1; i < children.size(); ++i) {
      if (ts_node_is_named(children[i].node)) items.add(expression(children[i]));
    }
  }
  return primary(ExprKind::Subscript, range(node), {}, items);
}

const Expr* Lowering::generic_type(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 2) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[0]));
  if (broken(children[1].node)) return opaque(node);
  const Children parameters(*this, children[1].node);
  if (parameters.size() == 4 && parameters[2].symbol == Symbol::Comma) {
    items.add(one_or_tuple(parameters, 1, 3));
  } else {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (ts_node_is_named(parameters[i].node)) items.add(expression(parameters[i]));
    }
  }
  return primary(ExprKind::Subscript, range(node), {}, items);
}

const Expr* Lowering::call(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 2) return opaque(node);
  const Child last = children[1];
  Exprs items = exprs();
  items.add(expression(children[0]));
  if (last.symbol == Symbol::ArgumentList) {
    if (broken(last.node)) return opaque(node);
    arguments(last.node, items);
  } else {
    items.add(expression(last));
  }
  return primary(ExprKind::Call, range(node), {}, items);
}

void Lowering::arguments(TSNode node, Exprs& out) {
  const Children children(*this, node);
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (ts_node_is_named(children[i].node)) out.add(expression(children[i]));
  }
}

const Expr* Lowering::keyword_argument(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[2]));
  return make(ExprKind::Keyword, range(node), text(children[0].node), items.finish());
}

const Expr* Lowering::named_expression(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[0]));
  items.add(expression(children[2]));
  return make(ExprKind::NamedExpr, range(node), {}, items.finish());
}

const Expr* Lowering::dictionary(TSNode node) {
  const Children children(*this, node);
  Exprs items = exprs();
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol == Symbol::Pair) {
      if (broken(child.node)) return opaque(node);
      const Children pair(*this, child.node);
      if (pair.size() != 3) return opaque(node);
      items.add(expression(pair[0]));
      items.add(expression(pair[2]));
    } else if (ts_node_is_named(child.node)) {
      items.add(expression(child));
    }
  }
  return make(ExprKind::Dict, range(node), {}, items.finish());
}

const Expr* Lowering::comprehension(ExprKind kind, TSNode node) {
  const Children children(*this, node);
  Exprs items = exprs();
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol == Symbol::Pair) {
      if (broken(child.node)) return opaque(node);
      const Children pair(*this, child.node);
      if (pair.size() != 3) return opaque(node);
      items.add(expression(pair[0]));
      items.add(expression(pair[2]));
    } else if (ts_node_is_named(child.node)) {
      items.add(expression(child));
    }
  }
  return make(kind, range(node), {}, items.finish());
}

const Expr* Lowering::for_in_clause(TSNode node) {
  const Children children(*this, node);
  const std::size_t in = children.find(Symbol::In);
  const std::size_t target = children.size() > 0 && children[0].symbol == Symbol::Async ? 2 : 1;
  if (in != target + 1 || in + 1 >= children.size()) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[target]));
  items.add(one_or_tuple(children, in + 1, children.size()));
  return make(ExprKind::CompFor, range(node), {}, items.finish());
}

const Expr* Lowering::slice(TSNode node) {
  const Children children(*this, node);
  const Expr* parts[3] = {};
  std::size_t part = 0;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].symbol == Symbol::Colon) {
      if (++part > 2) return opaque(node);
    } else {
      parts[part] = expression(children[i]);
    }
  }
  Exprs items = exprs();
  for (const Expr* item : parts) items.add(item);
  return make(ExprKind::Slice, range(node), {}, items.finish());
}

const Expr* Lowering::unary(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 2) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[1]));
  return make(ExprKind::UnaryOp, range(node), text(children[0].node), items.finish());
}

const Expr* Lowering::binary(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3) return opaque(node);
  const std::string_view op = text(children[1].node);
  if (op == "&" || op == "|") {
    if (const Expr* mended = regrouped(node, children, op)) return mended;
  }
  Exprs items = exprs();
  items.add(expression(children[0]));
  items.add(expression(children[2]));
  return primary(ExprKind::BinaryOp, range(node), op, items);
}

const Expr* Lowering::boolean(TSNode node) {
  // `a or b or c` is a chain to the left; as many operands as it has, it is one level deep.
  std::vector<TSNode> chain;
  std::string_view op;
  for (TSNode link = node;;) {
    const Children children(*this, link);
    if (children.size() != 3) return opaque(node);
    const std::string_view link_op = text(children[1].node);
    if (op.empty()) op = link_op;
    if (link_op != op) break;
    chain.push_back(link);
    const Child left = children[0];
    if (left.symbol != Symbol::BooleanOperator || broken(left.node)) break;
    link = left.node;
  }
  Exprs items = exprs();
  while (!chain.empty()) {
    const Children children(*this, chain.back());
    if (items.size() == 0) items.add(expression(children[0]));
    items.add(expression(children[2]));
    chain.pop_back();
  }
  return make(ExprKind::BoolOp, range(node), op, items.finish());
}

const Expr* Lowering::comparison(TSNode node) {
  const Children children(*this, node);
  const auto operator_of = [](std::string_view written) -> std::string_view {
    if (written.starts_with("not")) return "not in";
    if (written.starts_with("is")) return written.size() > 2 ? "is not" : "is";
    return written;
  };
  if (children.size() < 3 || children.size() % 2 == 0) return opaque(node);
  const std::string_view op = operator_of(text(children[1].node));
  if (op == "<>") return opaque(node);
  Exprs items = exprs();
  for (std::size_t i = 0; i < children.size(); i += 2) {
    if (i > 0 && operator_of(text(children[i - 1].node)) != op) return opaque(node);
    items.add(expression(children[i]));
  }
  return make(ExprKind::Compare, range(node), op, items.finish());
}

const Expr* Lowering::conditional(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 5) return opaque(node);
  Exprs items = exprs();
  items.add(expression(children[2]));
  const Expr* then = expression(children[0]);
  if (children[0].symbol != Symbol::NamedExpression || then->kind != ExprKind::NamedExpr) {
    items.add(then);
    items.add(expression(children[4]));
    return make(ExprKind::IfExp, range(node), {}, items.finish());
  }
  // `a := b if c else d`: the grammar reads `(a := b) if c else d`.
  const Expr* value = then->items[1];
  items.add(value);
  items.add(expression(children[4]));
  const Expr* choice =
      make(ExprKind::IfExp, {value->range.begin, range(node).end}, {}, items.finish());
  Exprs named = exprs();
  named.add(then->items[0]);
  named.add(choice);
  return make(ExprKind::NamedExpr, range(node), {}, named.finish());
}

/// `value as target`, where as_pattern() asks for it.
const Expr* Lowering::as_expression(TSNode node) {
  const Children children(*this, node);
  if (children.size() != 3 || as_target_ == nullptr) {
    error(range(node).begin, "syntax error: `as` is not expected here");
    return opaque(node);
  }
  const Expr** target = std::exchange(as_target_, nullptr);
  const Expr* value = expression(children[0]);
  const Child as = children[2];
  *target = as.symbol == Symbol::AsPatternTarget ? only_child(as.node) : expression(as);
  as_value_end_ = range(children[0].node).end;
  as_end_ = range(node).end;
  return value;
}

const Expr* Lowering::yield(TSNode node) {
  const Children children(*this, node);
  Exprs items = exprs();
  if (children.size() == 1) return make(ExprKind::Yield, range(node));
  const bool from = children[1].symbol == Symbol::From;
  items.add(expression(children.back()));
  return make(from ? ExprKind::YieldFrom : ExprKind::Yield, range(node), {}, items.finish());
}

const Expr* Lowering::lambda(TSNode node) {
  const Children children(*this, node);
  if (children.size() < 3) return opaque(node);
  Expr* result = make(ExprKind::Lambda, range(node));
  void* memory = arena_.allocate(sizeof(Lambda), alignof(Lambda));
  Lambda* lambda = new (memory) Lambda{};
  if (children[1].symbol == Symbol::LambdaParameters) {
    const auto parameters = this->parameters(children[1].node);
    if (!parameters) return opaque(node);
    lambda->parameters = *parameters;
  }
  lambda->body = expression(children.back());
  result->lambda = lambda;
  return result;
}

}  // namespace torchdevice::gap

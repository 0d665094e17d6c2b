#include "gap/read/python/lower.h"

namespace torchdevice::gap {

/// The name, without the white space that may stand around its dots.
std::string_view Lowering::dotted_name(TSNode node) {
  const std::string_view written = text(node);
  if (written.find_first_of(" \t\f\r\n\\") == std::string_view::npos) return written;
  std::string name;
  const Children children(*this, node);
  for (std::size_t i = 0; i < children.size(); ++i) name += text(children[i].node);
  return in_arena(name);
}

std::span<const ImportedName> Lowering::imported_names(const Children& children, std::size_t from) {
  std::vector<ImportedName> names;
  for (std::size_t i = from; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol == Symbol::DottedName) {
      names.push_back({dotted_name(child.node), {}, range(child.node)});
    } else if (child.symbol == Symbol::AliasedImport) {
      const Children parts(*this, child.node);
      if (parts.size() != 3) continue;
      names.push_back({dotted_name(parts[0].node), text(parts[2].node), range(child.node)});
    }
  }
  return in_arena<ImportedName>(names);
}

Lowering::Node Lowering::import_statement(TSNode node) {
  const Children children(*this, node);
  return Import{imported_names(children, 1)};
}

Lowering::Node Lowering::import_from(TSNode node) {
  const Children children(*this, node);
  if (children.size() < 4) return OpaqueStmt{};
  ImportFrom import;
  const Child module = children[1];
  if (module.symbol == Symbol::RelativeImport) {
    const Children parts(*this, module.node);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].symbol == Symbol::DottedName) {
        import.module = dotted_name(parts[i].node);
      } else {
        for (const char c : text(parts[i].node)) import.level += c == '.';
      }
    }
  } else if (module.symbol == Symbol::DottedName) {
    import.module = dotted_name(module.node);
  } else {
    import.module = text(module.node);  // __future__
  }
  import.star = children.find(Symbol::WildcardImport) < children.size();
  import.names = imported_names(children, 3);
  return import;
}

Lowering::Node Lowering::function(TSNode node, Items decorators) {
  const Children children(*this, node);
  const std::size_t def = children.find(Symbol::Def);
  const std::size_t name = children.find(Symbol::Identifier, def);
  const std::size_t list = children.find(Symbol::Parameters, name);
  const std::size_t body = children.find(Symbol::Block, list);
  if (body >= children.size()) return OpaqueStmt{};
  const auto parameters = this->parameters(children[list].node);
  if (!parameters) return OpaqueStmt{};
  FunctionDef function;
  function.decorators = decorators;
  function.is_async = children[0].symbol == Symbol::Async;
  function.name = text(children[name].node);
  function.parameters = *parameters;
  const std::size_t returns = children.find(Symbol::Type, list);
  if (returns < body) function.returns = expression(children[returns]);
  const std::uint32_t place = range(children[def].node).begin;
  if (const ElidedFunction* elided = source_.function_at(place)) {
    function.body_elided = true;
    function.body_range = elided->body;
    function.docstring_literal = text(elided->docstring);
    return function;
  }
  function.body = block(children[body].node);
  if (function.body.empty()) return OpaqueStmt{};
  function.body_range = {function.body.front().range.begin, function.body.back().range.end};
  if (const auto* first = std::get_if<ExprStmt>(&function.body.front().node)) {
    const Expr* value = first->value;
    if (value->kind == ExprKind::String) function.docstring_literal = text(value->range);
  }
  return function;
}

Lowering::Node Lowering::class_definition(TSNode node, Items decorators) {
  const Children children(*this, node);
  const std::size_t name = children.find(Symbol::Identifier);
  if (name >= children.size()) return OpaqueStmt{};
  ClassDef definition;
  definition.decorators = decorators;
  definition.name = text(children[name].node);
  const std::size_t list = children.find(Symbol::ArgumentList, name);
  if (list < children.size()) {
    Exprs bases = exprs();
    if (broken(children[list].node)) {
      bases.add(opaque(children[list].node));
    } else {
      arguments(children[list].node, bases);
    }
    definition.bases = bases.finish();
  }
  definition.body = last_block(children);
  return definition;
}

Lowering::Node Lowering::decorated(TSNode node) {
  const Children children(*this, node);
  Exprs decorators = exprs();
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (child.symbol == Symbol::Decorator) {
      decorators.add(broken(child.node) ? opaque(child.node) : only_child(child.node));
      continue;
    }
    if (broken(child.node)) return OpaqueStmt{};
    if (child.symbol == Symbol::FunctionDefinition) {
      return function(child.node, decorators.finish());
    }
    if (child.symbol == Symbol::ClassDefinition) {
      return class_definition(child.node, decorators.finish());
    }
  }
  return OpaqueStmt{};
}

std::optional<std::span<const ParameterSyntax>> Lowering::parameters(TSNode node) {
  if (broken(node)) return std::nullopt;
  const Children children(*this, node);
  std::vector<ParameterSyntax> found;
  bool keyword_only = false;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Child child = children[i];
    if (!ts_node_is_named(child.node)) continue;
    if (child.symbol == Symbol::KeywordSeparator) {
      keyword_only = true;
      continue;
    }
    if (child.symbol == Symbol::PositionalSeparator) {
      for (ParameterSyntax& before : found) before.kind = ParameterKind::PositionalOnly;
      continue;
    }
    ParameterSyntax parameter;
    if (keyword_only) parameter.kind = ParameterKind::KeywordOnly;
    parameter.range = range(child.node);
    if (broken(child.node)) return std::nullopt;
    if (!this->parameter(child, parameter)) {
      error(parameter.range.begin, "syntax error: not a parameter of Python 3");
      return std::nullopt;
    }
    keyword_only |= parameter.kind == ParameterKind::VarPositional;
    found.push_back(parameter);
  }
  return in_arena<ParameterSyntax>(found);
}

bool Lowering::parameter(Child child, ParameterSyntax& out) {
  switch (child.symbol) {
    case Symbol::Identifier:
      out.name = text(child.node);
      return true;
    case Symbol::ListSplatPattern:
    case Symbol::DictionarySplatPattern: {
      const Children children(*this, child.node);
      out.kind = child.symbol == Symbol::ListSplatPattern ? ParameterKind::VarPositional
                                                          : ParameterKind::VarKeyword;
      return children.size() == 2 && parameter(children[1], out);
    }
    case Symbol::TypedParameter:
    case Symbol::DefaultParameter:
    case Symbol::TypedDefaultParameter: {
      const Children children(*this, child.node);
      if (children.size() == 0 || !parameter(children[0], out)) return false;
      for (std::size_t i = 1; i + 1 < children.size(); ++i) {
        const Symbol symbol = children[i].symbol;
        if (symbol == Symbol::Colon) out.annotation = expression(children[i + 1]);
        if (symbol == Symbol::Equal) out.default_value = expression(children[i + 1]);
      }
      return true;
    }
    default:
      return false;
  }
}

}  // namespace torchdevice::gap

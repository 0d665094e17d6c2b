#include "gap/model/backend/cpp_evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace torchdevice::gap {
namespace {

using Kind = CppValue::Kind;

/// The type of an item of "std::vector<a::Foo>", else the type itself; without its namespace.
std::string_view item_type(std::string_view type) {
  if (const std::size_t open = type.find('<'); open != std::string_view::npos) {
    type = type.substr(open + 1);
    type = type.substr(0, type.find_first_of("<,>"));
  }
  while (!type.empty() && (type.back() == ' ' || type.back() == '*' || type.back() == '&')) {
    type.remove_suffix(1);
  }
  const std::size_t space = type.rfind(' ');
  return last_component(space == std::string_view::npos ? type : type.substr(space + 1));
}

template <typename Visit>
void each_node(const CppNode& node, const Visit& visit) {
  visit(node);
  for (const CppNode* item : node.items) each_node(*item, visit);
}

}  // namespace

std::vector<const CppNode*> parameters_of(const CppNode& function) {
  std::vector<const CppNode*> result;
  for (const CppNode* item : function.items) {
    if (item->kind == CppKind::Parameter && !(item->text.empty() && item->type == "void")) {
      result.push_back(item);
    }
  }
  return result;
}

CppEvaluator::CppEvaluator(const CppProgram& program, CppLibrary& library)
    : program_(program), library_(library) {
  find_interesting();
}

CppValue* CppEvaluator::make(CppValue value) { return &values_.emplace_back(std::move(value)); }

CppValue* CppEvaluator::unknown(std::string why, const CppPlace& place) {
  return make({.kind = Kind::Unknown, .text = std::move(why), .place = place});
}

CppScope& CppEvaluator::new_scope(CppScope* outer, const CppFile& file, const CppNode* function) {
  return scopes_.emplace_back(CppScope{outer, &file, function, {}});
}

// --- what is worth walking

/// Functions that use a name of interest, or another such function.
void CppEvaluator::find_interesting() {
  struct Uses {
    std::string_view name;
    std::vector<std::string_view> names;
  };
  std::vector<Uses> all;
  for (const CppSymbol& function : program_.all_functions()) {
    Uses& uses = all.emplace_back(Uses{last_component(function.node->text), {}});
    each_node(*function.node, [&](const CppNode& node) {
      if (node.kind == CppKind::Identifier || node.kind == CppKind::Field ||
          node.kind == CppKind::Type) {
        uses.names.push_back(last_component(node.text));
      } else if (node.kind == CppKind::Call) {
        called_.insert(last_component(node.items[0]->text));
      }
    });
    for (const std::string_view name : uses.names) {
      if (library_.is_of_interest(name)) interesting_.insert(uses.name);
    }
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const Uses& uses : all) {
      const auto calls = [&](std::string_view name) { return interesting_.contains(name); };
      if (!interesting_.contains(uses.name) &&
          std::any_of(uses.names.begin(), uses.names.end(), calls)) {
        grown = interesting_.insert(uses.name).second;
      }
    }
  }
}

bool CppEvaluator::mentions_interest(const CppNode& node) const {
  bool found = false;
  each_node(node, [&](const CppNode& part) {
    const bool named = part.kind == CppKind::Identifier || part.kind == CppKind::Field;
    const std::string_view name = last_component(part.text);
    found = found || (named && (interesting_.contains(name) || library_.is_of_interest(name)));
  });
  return found;
}

void CppEvaluator::run_namespace(const CppNode& node, const CppFile& file) {
  for (const CppNode* item : node.items) {
    if (item->kind == CppKind::Namespace || item->kind == CppKind::Block ||
        item->kind == CppKind::Opaque) {
      run_namespace(*item, file);
    } else if (item->kind == CppKind::Variable) {
      const std::string_view type = item_type(item->type);
      if (mentions_interest(*item) || interesting_.contains(type)) {
        global({&file, item});
      }
    } else if (item->kind == CppKind::Call) {
      CppScope& scope = new_scope(nullptr, file, nullptr);
      evaluate(*item, scope);
    }
  }
}

void CppEvaluator::run_function(const CppSymbol& function) {
  const CppNode& node = *function.node;
  if (entered_.contains(&node) || !interesting_.contains(last_component(node.text))) {
    return;
  }
  entered_.insert(&node);
  CppScope& scope = new_scope(nullptr, *function.file, &node);
  const CppPlace place{function.file, &node};
  const bool macro = library_.enter(*this, place, scope);
  for (const CppNode* item : node.items) {
    if (item->kind != CppKind::TemplateParameter) continue;
    scope.names.emplace_back(
        item->text, unknown(fmt::format("`{}` is a parameter of the template {}(), which no source "
                                        "calls",
                                        item->text, node.text),
                            place));
  }
  for (const CppNode* parameter : parameters_of(node)) {
    if (macro) break;
    CppValue* value = library_.parameter(*this, *parameter, place);
    if (value == nullptr) {
      value = unknown(fmt::format("`{}` is a parameter of {}(), which no source calls with a value "
                                  "that can be followed",
                                  parameter->text, node.text),
                      place);
    }
    scope.names.emplace_back(parameter->text, value);
  }
  returned_ = nullptr;
  run_block(node, scope);
}

void CppEvaluator::run_all() {
  for (const auto& file : program_.files()) {
    run_namespace(file->root(), *file);
  }
  for (const CppSymbol& function : program_.all_functions()) {
    if (!called_.contains(last_component(function.node->text))) run_function(function);
  }
  for (const CppSymbol& function : program_.all_functions()) {
    run_function(function);
  }
}

// --- statements

void CppEvaluator::run_block(const CppNode& block, CppScope& scope) {
  for (const CppNode* item : block.items) {
    if (item->kind != CppKind::Parameter && item->kind != CppKind::TemplateParameter) {
      evaluate(*item, scope);
    }
  }
}

void CppEvaluator::run_if(const CppNode& node, CppScope& scope) {
  if (node.items.empty()) {
    return;
  }
  const CppNode& test = *node.items[0];
  evaluate(test, scope);
  const std::string text = scope.file->source(test);
  for (std::size_t branch = 1; branch < node.items.size(); ++branch) {
    conditions_.push_back(branch == 1 ? text : "!(" + text + ")");
    evaluate(*node.items[branch], scope);
    conditions_.pop_back();
  }
}

void CppEvaluator::run_for_each(const CppNode& node, CppScope& scope) {
  const CppNode& target = *node.items[0];
  CppValue* range = evaluate(*node.items[1], scope);
  const CppNode& body = *node.items[2];
  if (range->kind == Kind::Python && !range->text.empty()) {
    return;  // over the names of an object: they were registered when they were put there
  }
  if (range->kind == Kind::List) {
    for (CppValue* item : std::vector(range->items)) {
      bind(target, item, scope);
      evaluate(body, scope);
    }
    return;
  }
  bind(target,
       unknown(fmt::format("a loop over `{}`, whose items sources do not tell",
                           scope.file->source(*node.items[1])),
               {scope.file, &node}),
       scope);
  evaluate(body, scope);
}

/// A Variable or a structured Binding gets a value.
void CppEvaluator::bind(const CppNode& target, CppValue* value, CppScope& scope) {
  if (target.kind != CppKind::Binding) {
    scope.names.emplace_back(target.text, value);
    return;
  }
  std::size_t number = 0;
  for (const CppNode* name : target.items) {
    if (name->kind != CppKind::Identifier) break;
    CppValue* item = value->kind == Kind::List && number < value->items.size()
                         ? value->items[number]
                         : unknown(value->text, value->place);
    scope.names.emplace_back(name->text, item);
    ++number;
  }
}

void CppEvaluator::bind_variable(const CppNode& node, CppScope& scope) {
  const bool binding = node.kind == CppKind::Binding;
  const CppNode* initialiser = node.items.empty() ? nullptr : node.items.back();
  if (binding && initialiser->kind == CppKind::Identifier) {
    initialiser = nullptr;
  }
  CppValue* value = initialiser == nullptr
                        ? make({.kind = Kind::List, .place = {scope.file, &node}})
                        : evaluate(*initialiser, scope);
  if (value->kind == Kind::Unknown && item_type(node.type) == "PyTypeObject") {
    value = make({.kind = Kind::List, .place = {scope.file, &node}});  // filled in field by field
  }
  set_type(*value, node.type);
  bind(node, value, scope);
  if (!binding && initialiser == nullptr && interesting_.contains(item_type(node.type))) {
    const CppCall call{node, node.type, nullptr, {}, *scope.file};
    if (const CppSymbol constructor = choose(call); constructor.node != nullptr) {
      call_function(constructor, call, scope);
    }
  }
}

// --- expressions

CppValue* CppEvaluator::evaluate(const CppNode& node, CppScope& scope) {
  if (steps_ >= kMaxSteps || nesting_ >= kMaxNesting) {
    exhausted_ = true;
    return unknown("the analysis stopped: the code is too long or nested too deeply",
                   {scope.file, &node});
  }
  ++steps_;
  ++nesting_;
  CppValue* value = evaluate_nested(node, scope);
  --nesting_;
  return value;
}

CppValue* CppEvaluator::evaluate_nested(const CppNode& node, CppScope& scope) {
  const CppPlace place{scope.file, &node};
  switch (node.kind) {
    case CppKind::Block:
    case CppKind::Opaque:
    case CppKind::Loop:
      run_block(node, scope);
      break;
    case CppKind::Variable:
    case CppKind::Binding:
      bind_variable(node, scope);
      break;
    case CppKind::Return:
      if (!node.items.empty()) {
        CppValue* value = evaluate(*node.items[0], scope);
        if (returned_ == nullptr || returned_->kind == Kind::Unknown) returned_ = value;
      }
      break;
    case CppKind::If:
      run_if(node, scope);
      break;
    case CppKind::ForEach:
      run_for_each(node, scope);
      break;
    case CppKind::Call:
      return evaluate_call(node, scope);
    case CppKind::Field:
      return evaluate_field(node, scope);
    case CppKind::Subscript:
      return evaluate_subscript(node, scope);
    case CppKind::Identifier:
      return lookup(node, scope);
    case CppKind::Type:
      return make({.kind = Kind::Name, .text = std::string(node.text), .place = place});
    case CppKind::String:
      return make({.kind = Kind::String, .text = std::string(node.text), .place = place});
    case CppKind::InitList:
      return evaluate_list(node, scope);
    case CppKind::Designated:
    case CppKind::Unary:
      return evaluate(*node.items[0], scope);
    case CppKind::Lambda:
      return make({.kind = Kind::Lambda, .place = place, .scope = &scope});
    case CppKind::Assign:
      return evaluate_assign(node, scope);
    case CppKind::Binary:
      return evaluate_binary(node, scope);
    case CppKind::Conditional:
      if (node.items.size() == 3) {
        evaluate(*node.items[0], scope);
        return any_of({evaluate(*node.items[1], scope), evaluate(*node.items[2], scope)}, place);
      }
      break;
    default:
      break;
  }
  return unknown(fmt::format("`{}` is not known from sources", scope.file->source(node)), place);
}

/// One of several values, each listed once.
CppValue* CppEvaluator::any_of(const std::vector<CppValue*>& values, const CppPlace& place) {
  CppValue any{.kind = Kind::AnyOf, .place = place};
  std::unordered_set<const CppValue*> seen;
  const auto add = [&](CppValue* value) {
    if (seen.insert(value).second) any.items.push_back(value);
  };
  for (CppValue* value : values) {
    if (value->kind == Kind::AnyOf) {
      std::for_each(value->items.begin(), value->items.end(), add);
    } else {
      add(value);
    }
  }
  return any.items.size() == 1 ? any.items.front() : make(std::move(any));
}

CppValue* CppEvaluator::evaluate_list(const CppNode& node, CppScope& scope) {
  CppValue list{.kind = Kind::List, .place = {scope.file, &node}};
  for (const CppNode* item : node.items) {
    list.items.push_back(evaluate(*item, scope));
    if (item->kind == CppKind::Designated) {
      list.fields.resize(list.items.size());
      list.fields.back() = item->text;
    }
  }
  return make(std::move(list));
}

CppValue* CppEvaluator::evaluate_subscript(const CppNode& node, CppScope& scope) {
  CppValue* object = evaluate(*node.items[0], scope);
  const CppNode* index = node.items.size() > 1 ? node.items[1] : nullptr;
  if (index != nullptr) {
    CppValue* key = evaluate(*index, scope);
    if (object->kind == Kind::Python && key->kind == Kind::String) {
      return make({.kind = Kind::Python,
                   .text = object->text.empty() ? "" : object->text + "." + key->text,
                   .why = object->why,
                   .place = {scope.file, &node}});
    }
  }
  if (object->kind != Kind::List) {
    return unknown(fmt::format("`{}` is not known from sources", scope.file->source(node)),
                   {scope.file, &node});
  }
  if (index != nullptr && index->kind == CppKind::Number && index->text.size() < 6) {
    const auto number =
        static_cast<std::size_t>(std::strtoul(std::string(index->text).c_str(), nullptr, 10));
    if (number < object->items.size()) return object->items[number];
  }
  return any_of(object->items, {scope.file, &node});
}

CppValue* CppEvaluator::evaluate_field(const CppNode& node, CppScope& scope) {
  CppValue* object = evaluate(*node.items[0], scope);
  if (object->kind == Kind::List) {
    if (CppValue* value = field_of(*object, node.text, *scope.file)) {
      return value;
    }
  } else if (object->kind == Kind::AnyOf) {
    std::vector<CppValue*> fields;
    for (CppValue* item : object->items) {
      if (CppValue* value = field_of(*item, node.text, *scope.file)) fields.push_back(value);
    }
    return any_of(fields, {scope.file, &node});
  } else if (object->kind == Kind::Python &&
             (node.text == "tp_dict" || is_transparent(node.text))) {
    return object;
  }
  if (object->kind == Kind::Unknown) {
    return object;
  }
  return unknown(fmt::format("`{}` is not known from sources", scope.file->source(node)),
                 {scope.file, &node});
}

CppValue* CppEvaluator::evaluate_assign(const CppNode& node, CppScope& scope) {
  const CppNode& left = *node.items[0];
  CppValue* value = evaluate(*node.items[1], scope);
  if (left.kind == CppKind::Field) {
    CppValue* object = evaluate(*left.items[0], scope);
    library_.assign(*this, *object, left.text, *value, {scope.file, &node});
    if (object->kind == Kind::List) {
      object->fields.resize(object->items.size());
      object->fields.push_back(left.text);
      object->items.push_back(value);
    }
  } else if (left.kind == CppKind::Identifier) {
    if (node.text == "=") scope.names.emplace_back(left.text, value);
  } else {
    CppValue* target = evaluate(left, scope);
    library_.assign(*this, *target, {}, *value, {scope.file, &node});
  }
  return value;
}

CppValue* CppEvaluator::evaluate_binary(const CppNode& node, CppScope& scope) {
  CppValue* left = evaluate(*node.items[0], scope);
  CppValue* right = evaluate(*node.items[1], scope);
  if (node.text == "+" && left->kind == Kind::String && right->kind == Kind::String) {
    return make({.kind = Kind::String, .text = left->text + right->text, .place = left->place});
  }
  if (left->kind == Kind::Unknown || right->kind == Kind::Unknown) {
    return left->kind == Kind::Unknown ? left : right;
  }
  return unknown(fmt::format("`{}` is not known from sources", scope.file->source(node)),
                 {scope.file, &node});
}

// --- names

CppValue* CppEvaluator::lookup(const CppNode& identifier, CppScope& scope) {
  const std::string_view name = identifier.text;
  const std::size_t colon = name.find("::");
  const std::string_view head = name.substr(0, colon);
  for (const CppScope* at = &scope; at != nullptr; at = at->outer) {
    const auto found = std::find_if(at->names.rbegin(), at->names.rend(),
                                    [&](const auto& entry) { return entry.first == head; });
    if (found == at->names.rend()) {
      continue;
    }
    CppValue* value = found->second;
    if (colon == std::string_view::npos) {
      return value;
    }
    if (value->kind == Kind::Unknown) {
      return value;
    }
    if (value->kind == Kind::Name) {  // a template parameter
      return library_.name(*this, value->text + std::string(name.substr(colon)), value->place);
    }
  }
  const CppSymbol variable = program_.variable(last_component(name), scope.file);
  if (variable.node != nullptr) {
    return global(variable);
  }
  return library_.name(*this, name, {scope.file, &identifier});
}

CppValue* CppEvaluator::global(const CppSymbol& variable) {
  const auto known = globals_.find(variable.node);
  if (known != globals_.end()) {
    return known->second;
  }
  const CppPlace place{variable.file, variable.node};
  globals_[variable.node] = unknown("it is defined by itself", place);
  CppScope& scope = new_scope(nullptr, *variable.file, nullptr);
  bind_variable(*variable.node, scope);
  CppValue* value = scope.names.empty() ? unknown("", place) : scope.names.back().second;
  globals_[variable.node] = value;
  return value;
}

/// Tells the items of a table, or a record, which type they have.
void CppEvaluator::set_type(CppValue& value, std::string_view type) {
  const std::string_view item = item_type(type);
  if (value.kind != Kind::List || !value.text.empty() || item.empty() || item == "auto") {
    return;
  }
  value.text = item;
  for (CppValue* element : value.items) {
    if (element->kind == Kind::List && element->text.empty()) element->text = item;
  }
}

CppValue* CppEvaluator::field_of(CppValue& record, std::string_view field, const CppFile& file) {
  for (std::size_t i = record.fields.size(); i-- > 0;) {
    if (record.fields[i] == field) return record.items[i];
  }
  std::size_t number = 0;
  const auto at = [&](std::size_t index) {
    return index < record.items.size() ? record.items[index] : nullptr;
  };
  constexpr std::array<std::string_view, 5> kMethod = {"ml_name", "ml_meth", "ml_flags", "ml_doc",
                                                       "name"};
  if (record.text == "PyMethodDef" || record.text == "PyGetSetDef") {
    const auto found = std::find(kMethod.begin(), kMethod.end(), field);
    number = static_cast<std::size_t>(found - kMethod.begin());
    return at(number == 4 ? 0 : number);
  }
  if (field == "first" || field == "second") {
    return at(field == "first" ? 0 : 1);
  }
  const CppSymbol type = program_.class_named(record.text, &file);
  if (type.node == nullptr) {
    return nullptr;
  }
  for (const CppNode* member : type.node->items) {
    if (member->kind != CppKind::Variable) continue;
    if (member->text == field) return at(number);
    ++number;
  }
  return nullptr;
}

}  // namespace torchdevice::gap

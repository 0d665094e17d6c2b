#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gap/model/backend/cpp_evaluator.h"

/// What a call does: known functions, functions and lambdas of the subject.
namespace torchdevice::gap {
namespace {

using Kind = CppValue::Kind;

constexpr std::array<std::string_view, 20> kTransparent = {
    "move",    "forward",  "static_cast", "reinterpret_cast", "const_cast",  "dynamic_cast",
    "cast",    "get",      "ptr",         "release",          "c_str",       "data",
    "value",   "as_const", "addressof",   "string",           "string_view", "to_string",
    "inc_ref", "take"};

void append_fingerprint(const CppValue& value, int depth, std::string& result) {
  constexpr int kMaxDepth = 3;
  constexpr std::size_t kMaxItems = 64;
  result += fmt::format("|{}:", static_cast<int>(value.kind));
  switch (value.kind) {
    case Kind::Unknown:
      break;
    case Kind::List:
    case Kind::AnyOf:
      if (depth == kMaxDepth || value.items.size() > kMaxItems) {
        result += fmt::format("{}", static_cast<const void*>(value.place.node));
        break;
      }
      for (const CppValue* item : value.items) append_fingerprint(*item, depth + 1, result);
      break;
    case Kind::Lambda:
      result += fmt::format("{}", static_cast<const void*>(value.place.node));
      break;
    default:
      result += value.text + "@" + value.key;
  }
}

/// Two calls with the same fingerprint do the same.
std::string fingerprint(const CppNode& function, const std::vector<CppValue*>& arguments) {
  std::string result = fmt::format("{}", static_cast<const void*>(&function));
  for (const CppValue* argument : arguments) append_fingerprint(*argument, 0, result);
  return result;
}

}  // namespace

bool is_transparent(std::string_view name) {
  return std::find(kTransparent.begin(), kTransparent.end(), name) != kTransparent.end();
}

CppValue* CppEvaluator::evaluate_call(const CppNode& node, CppScope& scope) {
  const CppNode& callee = *node.items[0];
  CppValue* object = nullptr;
  if (callee.kind == CppKind::Field) {
    object = evaluate(*callee.items[0], scope);
  }
  CppCall call{node, callee.text, object, {}, *scope.file};
  for (const CppNode* argument : node.items.subspan(1)) {
    call.arguments.push_back(evaluate(*argument, scope));
  }
  CppValue* function = nullptr;
  if (callee.kind == CppKind::Lambda) {
    function = evaluate(callee, scope);
  } else if (callee.kind == CppKind::Identifier &&
             callee.text.find("::") == std::string_view::npos) {
    for (const CppScope* at = &scope; at != nullptr && function == nullptr; at = at->outer) {
      for (const auto& [name, value] : at->names) {
        if (name == callee.text && value->kind == Kind::Lambda) function = value;
      }
    }
  }
  if (function != nullptr) {
    return call_lambda(*function, call.arguments);
  }
  if (CppValue* result = library_.call(*this, call)) {
    return result;
  }
  const std::string_view last = last_component(call.name);
  if (const CppSymbol target = choose(call);
      target.node != nullptr && interesting_.contains(last)) {
    return call_function(target, call, scope);
  }
  if (object == nullptr && program_.only_declared(last)) {
    library_.missing_definition(call);
  }
  // A callback may be called by what takes it.
  for (CppValue* argument : call.arguments) {
    if (argument->kind == Kind::Lambda && mentions_interest(*argument->place.node)) {
      call_lambda(*argument, {});
    }
  }
  if (is_transparent(last) || call.arguments.size() == 1) {
    CppValue* passed = object != nullptr        ? object
                       : call.arguments.empty() ? nullptr
                                                : call.arguments.front();
    if (passed != nullptr && (is_transparent(last) || passed->kind == Kind::Python)) return passed;
  }
  if (program_.class_named(last, scope.file).node != nullptr) {
    return make({.kind = Kind::List,
                 .text = std::string(last),
                 .items = call.arguments,
                 .place = {scope.file, &node}});
  }
  return unknown(fmt::format("`{}` is not known from sources", scope.file->source(node)),
                 {scope.file, &node});
}

CppValue* CppEvaluator::call_lambda(const CppValue& lambda,
                                    const std::vector<CppValue*>& arguments) {
  const CppNode& node = *lambda.place.node;
  if (depth_ >= kMaxDepth) {
    return unknown("calls are nested too deeply", lambda.place);
  }
  CppScope& scope = new_scope(lambda.scope, *lambda.place.file, &node);
  std::size_t number = 0;
  for (const CppNode* parameter : parameters_of(node)) {
    CppValue* value = number < arguments.size()
                          ? arguments[number]
                          : unknown(fmt::format("`{}` is a parameter of a lambda", parameter->text),
                                    lambda.place);
    scope.names.emplace_back(parameter->text, value);
    ++number;
  }
  CppValue* result = run_body(node, scope);
  return result != nullptr ? result : unknown("a lambda returns nothing", lambda.place);
}

/// What the statements of a function or lambda return; null where nothing.
CppValue* CppEvaluator::run_body(const CppNode& node, CppScope& scope) {
  ++depth_;
  CppValue* outer = std::exchange(returned_, nullptr);
  run_block(node, scope);
  --depth_;
  return std::exchange(returned_, outer);
}

/// The function of the subject that a call means, by name and number of arguments.
CppSymbol CppEvaluator::choose(const CppCall& call) const {
  for (const CppSymbol& function : program_.functions(last_component(call.name), &call.file)) {
    const auto parameters = parameters_of(*function.node);
    const auto required = std::count_if(parameters.begin(), parameters.end(),
                                        [](const CppNode* node) { return node->items.empty(); });
    const bool pack =
        !parameters.empty() && parameters.back()->text.find("...") != std::string::npos;
    if (call.arguments.size() + (pack ? 1 : 0) >= static_cast<std::size_t>(required) &&
        (pack || call.arguments.size() <= parameters.size())) {
      return function;
    }
  }
  return {};
}

CppValue* CppEvaluator::call_function(const CppSymbol& function, const CppCall& call,
                                      CppScope& caller) {
  const CppNode& node = *function.node;
  CppScope& scope = new_scope(nullptr, *function.file, &node);
  std::vector<CppValue*> given;
  std::size_t number = 0;
  for (const CppNode* item : node.items) {
    if (item->kind != CppKind::TemplateParameter) continue;
    const CppNode* callee = call.node.items.empty() ? nullptr : call.node.items[0];
    if (callee != nullptr && number < callee->items.size() && callee->kind == CppKind::Identifier) {
      given.push_back(evaluate(*callee->items[number], caller));
      scope.names.emplace_back(item->text, given.back());
    }
    ++number;
  }
  number = 0;
  for (const CppNode* parameter : parameters_of(node)) {
    if (number < call.arguments.size()) {
      given.push_back(call.arguments[number]);
    } else {
      given.push_back(parameter->items.empty() ? unknown("", {function.file, parameter})
                                               : evaluate(*parameter->items[0], scope));
    }
    scope.names.emplace_back(parameter->text, given.back());
    ++number;
  }
  const std::string key = fingerprint(node, given);
  if (const auto known = results_.find(key); known != results_.end()) {
    return known->second;
  }
  const CppPlace place{&call.file, &call.node};
  results_[key] = unknown(fmt::format("{}() calls itself", node.text), place);
  if (depth_ >= kMaxDepth) {
    return unknown("calls are nested too deeply", place);
  }
  entered_.insert(&node);
  CppValue* result = run_body(node, scope);
  if (result == nullptr) {
    result = unknown(fmt::format("{}() returns nothing", node.text), place);
  }
  results_[key] = result;
  return result;
}

}  // namespace torchdevice::gap

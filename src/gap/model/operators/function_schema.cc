#include "gap/model/operators/function_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace torchdevice::gap {
namespace {

constexpr std::array<std::string_view, 11> kAugmentedAssignments = {
    "add", "sub", "mul", "div", "mod", "pow", "lshift", "rshift", "and", "xor", "or"};
constexpr std::string_view kFunctionalSuffix = "_functional";

bool is_word(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  FunctionSchema schema() {
    FunctionSchema schema;
    schema.name = word("an operator's name");
    if (accept(".")) {
      schema.overload = word("an overload's name");
    }
    expect("(");
    arguments(schema);
    expect(" -> ");
    returns(schema);
    if (at_ != text_.size()) {
      fail("the end");
    }
    return schema;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw SchemaError(fmt::format("expected {} at column {} of the schema", expected, at_ + 1));
  }

  bool accept(std::string_view token) {
    const bool there = text_.substr(at_).starts_with(token);
    at_ += there ? token.size() : 0;
    return there;
  }

  void expect(std::string_view token) {
    if (!accept(token)) {
      fail(fmt::format("`{}`", token));
    }
  }

  std::string word(std::string_view what) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) {
      ++at_;
    }
    if (at_ == begin) {
      fail(what);
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  void arguments(FunctionSchema& schema) {
    if (accept(")")) {
      return;
    }
    bool keyword_only = false;
    do {
      if (!keyword_only && accept("*")) {
        keyword_only = true;
        expect(", ");
      }
      OperatorArgument argument;
      type(argument.type, argument.alias);
      expect(" ");
      argument.name = word("an argument's name");
      if (accept("=")) {
        argument.default_value = default_value();
      }
      argument.keyword_only = keyword_only;
      argument.out = keyword_only && argument.is_written();
      schema.arguments.push_back(std::move(argument));
    } while (accept(", "));
    expect(")");
  }

  void returns(FunctionSchema& schema) {
    if (!accept("(")) {
      schema.returns.push_back(return_value());
      return;
    }
    if (accept(")")) {
      return;
    }
    do {
      schema.returns.push_back(return_value());
    } while (accept(", "));
    expect(")");
  }

  OperatorReturn return_value() {
    OperatorReturn value;
    type(value.type, value.alias);
    if (accept(" ")) {
      value.name = word("a return's name");
    }
    return value;
  }

  /// `Tensor(a!)?`, `int[2]?`, `__torch__.torch.classes.rnn.CellParamsBase`.
  void type(std::string& type, std::string& alias) {
    type = word("a type");
    while (accept(".")) {
      type += '.' + word("the rest of a type's name");
    }
    if (accept("(")) {
      alias = annotation();
    }
    for (;;) {
      if (accept("?")) {
        type += '?';
      } else if (accept("[")) {
        const std::size_t begin = at_;
        while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
          ++at_;
        }
        type += fmt::format("[{}]", text_.substr(begin, at_ - begin));
        expect("]");
      } else {
        return;
      }
    }
  }

  /// `a`, `a!`, `a|b`, `a -> *`, and the `)` after it.
  std::string annotation() {
    const std::size_t begin = at_;
    alias_set();
    accept("!");
    if (accept(" -> ") && !accept("*")) {
      alias_set();
    }
    const std::size_t end = at_;
    expect(")");
    return std::string(text_.substr(begin, end - begin));
  }

  void alias_set() {
    do {
      if (at_ == text_.size() || std::islower(static_cast<unsigned char>(text_[at_])) == 0) {
        fail("an alias annotation");
      }
      ++at_;
    } while (accept("|"));
  }

  /// Up to the `,` or `)` after it; brackets and quotes are balanced.
  std::string default_value() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char character = text_[at_];
      if (quote != 0) {
        at_ += character == '\\' && at_ + 1 < text_.size() ? 1 : 0;
        quote = character == quote ? '\0' : quote;
      } else if (character == '"' || character == '\'') {
        quote = character;
      } else if (character == '[' || character == '(') {
        ++depth;
      } else if (depth == 0 && (character == ',' || character == ')')) {
        break;
      } else if (character == ']' || character == ')') {
        depth -= depth > 0 ? 1 : 0;
      }
    }
    if (at_ == begin || quote != 0 || depth != 0) {
      fail("a default value");
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// `Tensor?` with the annotation `a!` is written `Tensor(a!)?`.
std::string annotated(std::string_view type, std::string_view alias) {
  const std::size_t end =
      alias.empty() ? type.size() : std::min(type.find_first_of("?["), type.size());
  return alias.empty() ? std::string(type)
                       : fmt::format("{}({}){}", type.substr(0, end), alias, type.substr(end));
}

std::string_view element_type(std::string_view type) {
  return type.substr(0, type.find_first_of("?["));
}

}  // namespace

FunctionSchema parse_function_schema(std::string_view text) {
  FunctionSchema schema = Parser(text).schema();
  if (schema.text() != text) {
    throw SchemaError("the schema does not read back as it is written");
  }
  return schema;
}

std::string FunctionSchema::full_name() const {
  return overload.empty() ? name : fmt::format("{}.{}", name, overload);
}

SchemaKind FunctionSchema::kind() const {
  bool out = false;
  bool scratch = false;
  bool after_self = std::ranges::none_of(arguments, [](const auto& argument) {
    return !argument.keyword_only && argument.name == "self";
  });
  bool mutates = false;
  for (const OperatorArgument& argument : arguments) {
    out = out || argument.out;
    scratch = scratch || (argument.out && argument.name.starts_with("_scratch_"));
    mutates = mutates || (after_self && !argument.keyword_only && argument.is_written());
    after_self = after_self || argument.name == "self";
  }
  if (parse_base_name(name).inplace) {
    return SchemaKind::Inplace;
  }
  if (out) {
    return scratch ? SchemaKind::Scratch : SchemaKind::Out;
  }
  return mutates ? SchemaKind::Mutable : SchemaKind::Functional;
}

std::string FunctionSchema::text() const {
  std::string text = full_name() + '(';
  bool keyword_only = false;
  for (const OperatorArgument& argument : arguments) {
    text += &argument == arguments.data() ? "" : ", ";
    if (argument.keyword_only && !keyword_only) {
      text += "*, ";
      keyword_only = true;
    }
    text += annotated(argument.type, argument.alias) + ' ' + argument.name;
    if (argument.default_value) {
      text += '=' + *argument.default_value;
    }
  }
  text += ") -> ";
  const bool parentheses = returns.size() != 1;
  text += parentheses ? "(" : "";
  for (const OperatorReturn& value : returns) {
    text += &value == returns.data() ? "" : ", ";
    text += annotated(value.type, value.alias);
    text += value.name.empty() ? "" : ' ' + value.name;
  }
  return text + (parentheses ? ")" : "");
}

BaseName parse_base_name(std::string_view name) {
  BaseName parts;
  if (name.size() > 4 && name.starts_with("__") && name.ends_with("__") &&
      name.substr(2, name.size() - 4).find('_') == std::string_view::npos) {
    parts.dunder = true;
    parts.base = name.substr(2, name.size() - 4);
    parts.inplace =
        parts.base.starts_with('i') &&
        std::ranges::find(kAugmentedAssignments, std::string_view(parts.base).substr(1)) !=
            kAugmentedAssignments.end();
    parts.base.erase(0, parts.inplace ? 1 : 0);
    return parts;
  }
  parts.inplace = name.ends_with('_');
  name.remove_suffix(parts.inplace ? 1 : 0);
  parts.functional = name.ends_with(kFunctionalSuffix);
  name.remove_suffix(parts.functional ? kFunctionalSuffix.size() : 0);
  parts.base = name;
  return parts;
}

std::string BaseName::text() const {
  if (dunder) {
    return fmt::format("__{}{}__", inplace ? "i" : "", base);
  }
  return fmt::format("{}{}{}", base, functional ? kFunctionalSuffix : "", inplace ? "_" : "");
}

bool is_tensor_like(std::string_view type) { return element_type(type) == "Tensor"; }

bool is_symint_like(std::string_view type) { return element_type(type) == "SymInt"; }

}  // namespace torchdevice::gap

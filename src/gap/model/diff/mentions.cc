#include "gap/model/diff/mentions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {

namespace {

struct Found {
  std::map<std::string, std::string, std::less<>> names;  ///< with their first place
  std::set<std::string, std::less<>> attributes;
};

bool is_dotted_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; });
}

/// Reads one file. Imports anywhere in it count everywhere in it: a mention too many costs a line
/// of a report, one too few hides a change.
class FileMentions {
 public:
  FileMentions(const PythonFile& file, std::string_view package, Found& found)
      : file_(file), package_(package), found_(found) {}

  void read() {
    imports_only_ = true;
    read(file_.statements());
    imports_only_ = false;
    read(file_.statements());
  }

 private:
  bool is_ours(std::string_view name) const {
    return name.starts_with(package_) &&
           (name.size() == package_.size() || name[package_.size()] == '.');
  }

  void mention(std::string name, SourceRange range) {
    if (is_ours(name)) {
      found_.names.try_emplace(std::move(name),
                               fmt::format("{}:{}", file_.path(), file_.line(range.begin)));
    }
  }

  void read(Block block) {
    for (const Stmt& statement : block) {
      std::visit([&](const auto& node) { read(node, statement.range); }, statement.node);
    }
  }

  void read(const Import& import, SourceRange) {
    for (const ImportedName& name : import.names) {
      mention(std::string(name.name), name.range);
      const std::string_view root = name.name.substr(0, name.name.find('.'));
      aliases_[name.alias.empty() ? root : name.alias] = name.alias.empty() ? root : name.name;
    }
  }

  void read(const ImportFrom& import, SourceRange range) {
    if (import.level > 0 || !is_ours(import.module)) {
      return;
    }
    if (import.star) {
      mention(fmt::format("{}.*", import.module), range);
    }
    for (const ImportedName& name : import.names) {
      std::string dotted = fmt::format("{}.{}", import.module, name.name);
      aliases_[name.alias.empty() ? name.name : name.alias] = dotted;
      mention(std::move(dotted), name.range);
    }
  }

  void read(const FunctionDef& function, SourceRange) {
    for (const Expr* decorator : function.decorators) {
      read(decorator);
    }
    for (const ParameterSyntax& parameter : function.parameters) {
      read(parameter.annotation);
      read(parameter.default_value);
    }
    read(function.returns);
    read(file_.body(function));
  }
  void read(const ClassDef& definition, SourceRange) {
    read(definition.bases);
    read(definition.decorators);
    read(definition.body);
  }
  void read(const ExprStmt& statement, SourceRange) { read(statement.value); }
  void read(const Assign& statement, SourceRange) {
    read(statement.targets);
    read(statement.annotation);
    read(statement.value);
  }
  void read(const Delete& statement, SourceRange) { read(statement.targets); }
  void read(const If& statement, SourceRange) {
    read(statement.test);
    read(statement.body);
    read(statement.orelse);
  }
  void read(const While& statement, SourceRange) {
    read(statement.test);
    read(statement.body);
    read(statement.orelse);
  }
  void read(const For& statement, SourceRange) {
    read(statement.target);
    read(statement.iterable);
    read(statement.body);
    read(statement.orelse);
  }
  void read(const With& statement, SourceRange) {
    for (const WithItem& item : statement.items) {
      read(item.context);
      read(item.target);
    }
    read(statement.body);
  }
  void read(const Try& statement, SourceRange) {
    read(statement.body);
    for (const ExceptHandler& handler : statement.handlers) {
      read(handler.type);
      read(handler.body);
    }
    read(statement.orelse);
    read(statement.finally);
  }
  void read(const Match& statement, SourceRange) {
    read(statement.subject);
    for (const MatchCase& option : statement.cases) {
      read(option.guard);
      read(option.body);
    }
  }
  void read(const Return& statement, SourceRange) { read(statement.value); }
  void read(const Raise& statement, SourceRange) {
    read(statement.exception);
    read(statement.cause);
  }
  void read(const Assert& statement, SourceRange) {
    read(statement.test);
    read(statement.message);
  }
  void read(const TypeAlias& statement, SourceRange) { read(statement.value); }
  template <typename Leaf>
  void read(const Leaf&, SourceRange) {}

  void read(std::span<const Expr* const> expressions) {
    for (const Expr* expression : expressions) {
      read(expression);
    }
  }

  void read(const Expr* expression) {
    if (expression == nullptr || imports_only_) {
      return;
    }
    if (expression->kind == ExprKind::Attribute || expression->kind == ExprKind::Name) {
      std::string name = dotted(*expression);
      if (!name.empty()) {
        mention(std::move(name), expression->range);
        return;
      }
      if (expression->kind == ExprKind::Attribute) {
        found_.attributes.emplace(expression->text);
      }
    }
    if (expression->kind == ExprKind::String && expression->text.find('.') != std::string::npos &&
        is_dotted_name(expression->text)) {
      mention(std::string(expression->text), expression->range);
    }
    if (expression->lambda != nullptr) {
      for (const ParameterSyntax& parameter : expression->lambda->parameters) {
        read(parameter.default_value);
      }
      read(expression->lambda->body);
    }
    read(expression->items);
  }

  /// What a chain of attributes of an imported name stands for; empty for any other.
  std::string dotted(const Expr& expression) const {
    if (expression.kind == ExprKind::Name) {
      const auto alias = aliases_.find(expression.text);
      return alias == aliases_.end() ? std::string() : alias->second;
    }
    if (expression.kind != ExprKind::Attribute) {
      return {};
    }
    std::string owner = dotted(*expression.items[0]);
    return owner.empty() ? owner : fmt::format("{}.{}", owner, expression.text);
  }

  const PythonFile& file_;
  std::string_view package_;
  Found& found_;
  bool imports_only_ = false;
  std::unordered_map<std::string_view, std::string> aliases_;
};

}  // namespace

bool Mentions::has_attribute(std::string_view name) const {
  return std::ranges::binary_search(attributes, name);
}

Mentions mentions_of(const SourceTree& subject, std::string_view package) {
  Found found;
  Mentions mentions;
  for (const SourceEntry& entry : subject.entries()) {
    if (!entry.path.ends_with(".py")) {
      continue;
    }
    try {
      const auto file = PythonFile::parse(entry.path, subject.read(entry), Bodies::Parsed);
      FileMentions(*file, package, found).read();
    } catch (const ReadError& error) {
      mentions.problems.emplace_back(error.what());
    }
  }
  for (const auto& [name, place] : found.names) {
    mentions.names.push_back({name, place});
  }
  mentions.attributes.assign(found.attributes.begin(), found.attributes.end());
  return mentions;
}

}  // namespace torchdevice::gap

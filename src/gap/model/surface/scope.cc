#include "gap/model/surface/scope.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "gap/model/surface/torch_scope.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {
namespace {

[[noreturn]] void fail(const std::string& path, const toml::source_region& where,
                       std::string_view what) {
  throw ReadError(fmt::format("{}:{}: {}", path, where.begin.line, what));
}

bool is_dotted_name(std::string_view name) {
  bool begins = true;
  for (const char c : name) {
    const bool letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (begins ? !letter : !letter && !digit && c != '.') {
      return false;
    }
    begins = c == '.';
  }
  return !begins;
}

/// Whether the shipped scope covers the submodules of the module that has this name.
bool has_submodules_in_scope(std::string_view name) {
  return std::ranges::any_of(Scope::torch().entries, [&](const ScopeEntry& entry) {
    return entry.submodules && name.starts_with(entry.name) &&
           (name.size() == entry.name.size() || name[entry.name.size()] == '.');
  });
}

ScopeEntry read_entry(const toml::table& table, const std::string& path) {
  ScopeEntry entry;
  for (const auto& [key, node] : table) {
    if (key == "name" && node.is_string()) {
      entry.name = node.as_string()->get();
      if (!is_dotted_name(entry.name)) {
        fail(path, node.source(), fmt::format("'{}' is no dotted name", entry.name));
      }
    } else if (key == "priority" && node.is_integer() && node.as_integer()->get() >= 1 &&
               node.as_integer()->get() <= 100) {
      entry.priority = static_cast<int>(node.as_integer()->get());
    } else if (key == "submodules" && node.is_boolean()) {
      entry.submodules = node.as_boolean()->get();
    } else {
      fail(path, node.source(),
           fmt::format("a namespace has a name, a priority from 1 to 100 and submodules, true or "
                       "false; not this {}",
                       key.str()));
    }
  }
  if (entry.name.empty() || entry.priority == 0) {
    fail(path, table.source(), "a namespace needs a name and a priority");
  }
  return entry;
}

}  // namespace

Scope Scope::parse(const std::string& toml, const std::string& path) {
  toml::table document;
  try {
    document = toml::parse(toml, path);
  } catch (const toml::parse_error& error) {
    fail(path, error.source(), error.description());
  }
  Scope scope;
  for (const auto& [key, node] : document) {
    const toml::array* namespaces = key == "namespace" ? node.as_array() : nullptr;
    if (namespaces == nullptr) {
      fail(path, node.source(), fmt::format("'{}': only [[namespace]] is known here", key.str()));
    }
    for (const toml::node& element : *namespaces) {
      if (!element.is_table()) {
        fail(path, element.source(), "write each namespace as [[namespace]]");
      }
      const ScopeEntry entry = read_entry(*element.as_table(), path);
      if (std::ranges::find(scope.entries, entry.name, &ScopeEntry::name) != scope.entries.end()) {
        fail(path, element.source(), fmt::format("'{}' is there twice", entry.name));
      }
      scope.entries.push_back(entry);
    }
  }
  if (scope.entries.empty()) {
    throw ReadError(path + ": no [[namespace]] in it");
  }
  return scope;
}

const Scope& Scope::torch() {
  static const Scope scope = parse(std::string(kTorchScope), "torch_scope.toml");
  return scope;
}

Scope Scope::of(const std::vector<std::string>& names) {
  Scope scope;
  for (const std::string& name : names) {
    if (!is_dotted_name(name)) {
      throw ReadError(fmt::format("'{}' is no dotted name, as torch.cuda is", name));
    }
    scope.entries.push_back({name, 1, has_submodules_in_scope(name)});
  }
  return scope;
}

}  // namespace torchdevice::gap

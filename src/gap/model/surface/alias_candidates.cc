#include "gap/model/surface/alias_candidates.h"

#include <algorithm>
#include <bitset>
#include <string_view>
#include <unordered_map>

namespace torchdevice::gap {
namespace {

bool continues_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Finds in texts the words that are sought.
class Scanner {
 public:
  explicit Scanner(const SoughtWords& sought) : sought_(sought) {
    for (const auto& [name, home] : sought) {
      add(name);
      add(home);
    }
  }

  bool may_name(std::string_view text);

 private:
  struct Found {
    bool anywhere = false;
    bool in_path = false;
  };

  static std::size_t glance(std::string_view word) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(word[i]); };
    return (at(0) * 31u + at(word.size() / 2) * 17u + at(word.size() - 1) * 7u + word.size()) %
           4096;
  }
  void add(const std::string& word) {
    if (!word.empty()) {
      found_.try_emplace(word);
      seen_.set(glance(word));
    }
  }
  void scan(std::string_view text);
  bool in_path(std::string_view word) const {
    const auto found = found_.find(word);
    return found != found_.end() && found->second.in_path;
  }

  const SoughtWords& sought_;
  std::unordered_map<std::string_view, Found> found_;
  std::bitset<4096> seen_;  ///< says of most other words at a glance that they are not sought
};

void Scanner::scan(std::string_view text) {
  for (auto& [word, found] : found_) {
    found = {};
  }
  for (std::size_t at = 0; at < text.size();) {
    if (!continues_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && continues_word(text[end])) {
      ++end;
    }
    const std::string_view word = text.substr(at, end - at);
    if (seen_.test(glance(word))) {
      if (const auto found = found_.find(word); found != found_.end()) {
        found->second.anywhere = true;
        found->second.in_path = found->second.in_path || (at > 0 && text[at - 1] == '.') ||
                                text.substr(end).starts_with('.') ||
                                text.substr(end).starts_with(" import") ||
                                text.substr(0, at).ends_with(" import ");
      }
    }
    at = end;
  }
}

bool Scanner::may_name(std::string_view text) {
  if (text.find("__all__") == std::string_view::npos) {
    return false;
  }
  scan(text);
  const bool all_names = text.find("import *") != std::string_view::npos ||
                         text.find(".__all__") != std::string_view::npos;
  return std::ranges::any_of(sought_, [&](const auto& object) {
    const auto name = found_.find(object.first);
    return (all_names || (name != found_.end() && name->second.anywhere)) && in_path(object.second);
  });
}

}  // namespace

std::vector<std::string> alias_candidates(const SourceTree& tree,
                                          std::span<const std::string> modules,
                                          const SoughtWords& sought) {
  Scanner scanner(sought);
  std::vector<std::string> candidates;
  for (const std::string& module : modules) {
    std::string path = module;
    std::ranges::replace(path, '.', '/');
    for (const std::string_view ending : {"/__init__.py", ".py", "/__init__.pyi", ".pyi"}) {
      const SourceEntry* entry = tree.find(path + std::string(ending));
      if (entry != nullptr && scanner.may_name(tree.read(*entry))) {
        candidates.push_back(module);
        break;
      }
    }
  }
  return candidates;
}

}  // namespace torchdevice::gap

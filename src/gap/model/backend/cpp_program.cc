#include "gap/model/backend/cpp_program.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <unordered_set>

namespace torchdevice::gap {
namespace {

constexpr std::array<std::string_view, 11> kExtensions = {
    ".cc", ".cpp", ".cxx", ".c", ".cu", ".mm", ".h", ".hh", ".hpp", ".cuh", ".inl"};

bool is_cpp(std::string_view path) {
  return std::any_of(kExtensions.begin(), kExtensions.end(),
                     [&](std::string_view extension) { return path.ends_with(extension); });
}

/// Runs `work(0)` … `work(count - 1)` on several threads.
template <typename Work>
void in_parallel(std::size_t count, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

struct Text {
  std::string path;
  std::string content;
  std::string problem;
};

std::vector<Text> read_texts(const SourceTree& tree, unsigned threads) {
  std::vector<const SourceEntry*> entries;
  for (const SourceEntry& entry : tree.entries()) {
    if (is_cpp(entry.path)) entries.push_back(&entry);
  }
  std::vector<Text> texts(entries.size());
  in_parallel(entries.size(), threads, [&](std::size_t i) {
    texts[i].path = entries[i]->path;
    try {
      texts[i].content = tree.read(*entries[i]);
    } catch (const ReadError& error) {
      texts[i].problem = error.what();
    }
  });
  return texts;
}

}  // namespace

std::string_view last_component(std::string_view qualified) {
  const std::size_t colon = qualified.rfind(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

CppProgram::CppProgram(const SourceTree& tree, unsigned threads) {
  std::vector<Text> texts = read_texts(tree, threads);
  std::unordered_set<std::string_view> seen;
  std::erase_if(texts, [&](const Text& text) {
    if (!text.problem.empty()) problems_.push_back(text.problem);
    return !text.problem.empty() || !seen.insert(text.content).second;
  });

  CppMacros macros;
  for (const Text& text : texts) {
    if (text.path.find(".h") != std::string::npos || text.path.ends_with(".cuh") ||
        text.path.ends_with(".inl")) {
      macros.merge(defined_macros(text.content));
    }
  }
  files_.resize(texts.size());
  in_parallel(texts.size(), threads, [&](std::size_t i) {
    files_[i] = CppFile::parse(texts[i].path, texts[i].content, macros);
  });
  for (const auto& file : files_) {
    problems_.insert(problems_.end(), file->problems().begin(), file->problems().end());
    index(*file, file->root());
  }
}

void CppProgram::index(const CppFile& file, const CppNode& node) {
  const CppSymbol symbol{&file, &node};
  const std::string_view name = last_component(node.text);
  switch (node.kind) {
    case CppKind::Function:
      functions_[name].push_back(symbol);
      all_functions_.push_back(symbol);
      break;
    case CppKind::FunctionDeclaration:
      declarations_[name].push_back(symbol);
      break;
    case CppKind::Variable:
      variables_[name].push_back(symbol);
      break;
    case CppKind::Class:
      if (!node.items.empty()) {
        classes_[name].push_back(symbol);
        all_classes_.push_back(symbol);
      }
      for (const CppNode* member : node.items) {
        if (member->kind != CppKind::Variable) index(file, *member);
      }
      break;
    case CppKind::Block:
    case CppKind::Namespace:
    case CppKind::Opaque:
      for (const CppNode* item : node.items) index(file, *item);
      break;
    default:
      break;
  }
}

std::vector<CppSymbol> CppProgram::functions(std::string_view name, const CppFile* from) const {
  const auto found = functions_.find(name);
  if (found == functions_.end()) {
    return {};
  }
  std::vector<CppSymbol> result = found->second;
  std::stable_partition(result.begin(), result.end(),
                        [&](const CppSymbol& symbol) { return symbol.file == from; });
  return result;
}

CppSymbol CppProgram::nearest(const Table& table, std::string_view name, const CppFile* from) {
  const auto found = table.find(name);
  if (found == table.end()) {
    return {};
  }
  const auto& symbols = found->second;
  const auto own = std::find_if(symbols.begin(), symbols.end(),
                                [&](const CppSymbol& symbol) { return symbol.file == from; });
  return own != symbols.end() ? *own : symbols.front();
}

CppSymbol CppProgram::variable(std::string_view name, const CppFile* from) const {
  return nearest(variables_, name, from);
}

CppSymbol CppProgram::class_named(std::string_view name, const CppFile* from) const {
  return nearest(classes_, name, from);
}

bool CppProgram::only_declared(std::string_view name) const {
  return declarations_.contains(name) && !functions_.contains(name);
}

}  // namespace torchdevice::gap

#include "gap/model/interpreter/module_table.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <utility>

namespace torchdevice::gap {
namespace {

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// The part of `folder` that Python sees: from the topmost folder that is a package on. A folder in
/// which there is none (loose scripts, a namespace package) is taken whole.
std::string_view importable_part(std::string_view folder,
                                 const std::set<std::string_view>& packages) {
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = folder.find('/', end + 1);
    const std::string_view prefix = folder.substr(0, end);
    if (packages.contains(prefix)) return folder.substr(folder_of(prefix).size());
  }
  return folder;
}

}  // namespace

ModuleEntry& ModuleTable::entry(std::string name, bool subject) {
  const auto [at, added] = entries_.try_emplace(std::move(name));
  if (added) {
    at->second.name = at->first;
    at->second.subject = subject;
    index_.emplace(at->first, &at->second);
    if (const std::size_t dot = at->first.rfind('.'); dot != std::string::npos) {
      entry(at->first.substr(0, dot), subject).package = true;
    }
  }
  return at->second;
}

void ModuleTable::add(const SourceTree& tree, bool subject) {
  std::set<std::string_view> packages;
  for (const SourceEntry& file : tree.entries()) {
    if (file.path.ends_with("/__init__.py") || file.path.ends_with("/__init__.pyi")) {
      packages.insert(folder_of(file.path));
    }
  }
  for (const SourceEntry& file : tree.entries()) {
    const bool stub = file.path.ends_with(".pyi");
    if (!stub && !file.path.ends_with(".py")) continue;
    const std::string_view folder = folder_of(file.path);
    std::string_view stem(file.path);
    stem.remove_suffix(stub ? 4 : 3);
    stem.remove_prefix(folder.empty() ? 0 : folder.size() + 1);
    std::string name(importable_part(folder, packages));
    if (name.starts_with('/')) name.erase(0, 1);
    std::replace(name.begin(), name.end(), '/', '.');
    const bool package = stem == "__init__" && !name.empty();
    if (!package) name.append(name.empty() ? "" : ".").append(stem);

    ModuleEntry& module = entry(std::move(name), subject);
    module.package |= package;
    const SourceEntry*& source = stub ? module.stub_source : module.source;
    // A package hides a module of the same name, and what was added first hides what comes later.
    if (source != nullptr && (!package || module.tree != &tree)) continue;
    source = &file;
    module.tree = &tree;
  }
}

ModuleEntry* ModuleTable::find(std::string_view dotted) {
  const auto at = index_.find(dotted);
  return at == index_.end() ? nullptr : at->second;
}

bool ModuleTable::has_package(std::string_view top_level) const {
  return index_.contains(top_level);
}

std::vector<ModuleEntry*> ModuleTable::under(std::string_view prefix) {
  std::vector<ModuleEntry*> found;
  if (prefix.empty()) {
    for (auto& [name, module] : entries_) found.push_back(&module);
    return found;
  }
  if (ModuleEntry* module = find(prefix)) found.push_back(module);
  const std::string inside = std::string(prefix) + ".";
  for (auto at = entries_.lower_bound(inside);
       at != entries_.end() && at->first.starts_with(inside); ++at) {
    found.push_back(&at->second);
  }
  return found;
}

std::unique_ptr<PythonFile> ModuleTable::parse_file(const ModuleEntry& entry,
                                                    const SourceEntry& source) {
  std::vector<std::string> problems;
  std::unique_ptr<PythonFile> file;
  try {
    file = PythonFile::parse(source.path, entry.tree->read(source),
                             entry.subject ? Bodies::Parsed : Bodies::Elided);
    for (const SyntaxError& error : file->errors()) {
      problems.push_back(source.path + ":" + std::to_string(error.line) + ": " + error.message);
    }
  } catch (const ReadError& error) {
    problems.emplace_back(error.what());
  }
  if (!problems.empty()) {
    const std::lock_guard lock(problems_mutex_);
    problems_.insert(problems_.end(), problems.begin(), problems.end());
  }
  return file;
}

void ModuleTable::parse(std::span<ModuleEntry* const> entries, unsigned threads) {
  struct Job {
    ModuleEntry* entry;
    const SourceEntry* source;
    std::unique_ptr<PythonFile>* into;
  };
  std::vector<Job> jobs;
  for (ModuleEntry* entry : entries) {
    if (entry->source != nullptr && !entry->file) {
      jobs.push_back({entry, entry->source, &entry->file});
    }
    if (entry->stub_source != nullptr && !entry->stub) {
      jobs.push_back({entry, entry->stub_source, &entry->stub});
    }
  }
  // The largest first, so that no thread is left with one at the end.
  std::sort(jobs.begin(), jobs.end(),
            [](const Job& a, const Job& b) { return a.source->size > b.source->size; });
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      *jobs[i].into = parse_file(*jobs[i].entry, *jobs[i].source);
    }
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads && i < jobs.size(); ++i) others.emplace_back(work);
  work();
  others.clear();
  for (const Job& job : jobs) {
    if (*job.into) continue;
    (job.source == job.entry->source ? job.entry->source : job.entry->stub_source) = nullptr;
  }
  std::sort(problems_.begin(), problems_.end());
}

}  // namespace torchdevice::gap

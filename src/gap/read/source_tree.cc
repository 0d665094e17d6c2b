#include "gap/read/source_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "gap/read/folder_tree.h"
#include "gap/read/wheel_tree.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;

bool is_package(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "__init__.py", error) ||
         fs::is_regular_file(folder / "__init__.pyi", error);
}

/// The folder that a package's or module's dotted name counts from.
fs::path import_root(const fs::path& package_or_file) {
  fs::path root = package_or_file.parent_path();
  while (is_package(root) && root.has_relative_path()) {
    root = root.parent_path();
  }
  return root;
}

/// A distribution's name as in the name of its dist-info folder: `Foo.Bar-baz` is `foo_bar_baz`.
std::string normalized_name(std::string_view name) {
  std::string normalized;
  for (const char character : name) {
    const bool separator = character == '-' || character == '.' || character == '_';
    if (!separator) {
      normalized += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    } else if (!normalized.ends_with('_')) {
      normalized += '_';
    }
  }
  return normalized;
}

bool names_package(const fs::path& top_level_txt, std::string_view package) {
  std::ifstream file(top_level_txt);
  for (std::string line; std::getline(file, line);) {
    if (line == package) {
      return true;
    }
  }
  return false;
}

/// The dist-info folder of the distribution that brought `package`: the one of its name, else one
/// whose top_level.txt names it.
std::optional<std::string> dist_info(const fs::path& root, std::string_view package) {
  std::optional<std::string> by_content;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, error)) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(".dist-info")) {
      continue;
    }
    if (normalized_name(name.substr(0, name.find('-'))) == normalized_name(package)) {
      return name;
    }
    if (!by_content && names_package(entry.path() / "top_level.txt", package)) {
      by_content = name;
    }
  }
  return by_content;
}

std::unique_ptr<SourceTree> open_packages(const std::string& location, const fs::path& root,
                                          const std::string& member) {
  std::vector<std::string> members = {member};
  if (const auto info = dist_info(root, member.substr(0, member.find('/')))) {
    members.push_back(*info);
  }
  return open_folder(location, root, members);
}

std::unique_ptr<SourceTree> open_any(const std::string& location, std::string_view package) {
  const fs::path path(location);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw ReadError(fmt::format("{}: there is no such file or folder", location));
  }
  if (fs::is_directory(status)) {
    if (!package.empty() && fs::exists(path / package, error)) {
      return open_packages(location, path, std::string(package));
    }
    if (is_package(path)) {
      const fs::path root = import_root(path);
      return open_packages(location, root, path.lexically_relative(root).generic_string());
    }
    if (package.empty()) {
      return open_folder(location, path, {});
    }
    throw ReadError(fmt::format("{}: has no {}: name the folder that holds it", location, package));
  }
  const fs::path extension = path.extension();
  if (extension == ".py" || extension == ".pyi") {
    const fs::path root = import_root(path);
    return open_folder(location, root, {path.lexically_relative(root).generic_string()});
  }
  if (extension == ".whl" || extension == ".zip") {
    return open_wheel(location, package);
  }
  throw ReadError(
      fmt::format("{}: neither a folder nor a wheel (.whl, .zip) nor a Python file", location));
}

}  // namespace

std::unique_ptr<SourceTree> SourceTree::open(const std::string& path, std::string_view package) {
  std::string location = fs::absolute(path).lexically_normal().string();
  if (location.size() > 1 && location.ends_with('/')) {
    location.pop_back();
  }
  std::unique_ptr<SourceTree> tree = open_any(location, package);
  if (tree->entries().empty()) {
    const std::string reason =
        tree->problems().empty() ? "" : fmt::format(" ({})", tree->problems().front());
    throw ReadError(
        fmt::format("{}: holds no Python, C++ or YAML source{}: name a package", location, reason));
  }
  return tree;
}

const SourceEntry* SourceTree::find(std::string_view path) const {
  const std::vector<SourceEntry>& all = entries();
  const auto found = std::ranges::lower_bound(all, path, {}, &SourceEntry::path);
  return found == all.end() || found->path != path ? nullptr : &*found;
}

}  // namespace torchdevice::gap

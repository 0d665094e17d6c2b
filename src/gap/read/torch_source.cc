#include "gap/read/torch_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "gap/read/folder_tree.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRemedy = "name a site-packages, a wheel or a checkout with --torch";

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool has_torch(const fs::path& site_packages) {
  return is_there(site_packages / "torch" / "__init__.py");
}

// --- where PyTorch is
// ------------------------------------------------------------------------------

std::vector<fs::path> subfolders(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(prefix)) {
      found.push_back(entry.path());
    }
  }
  return found;
}

/// The number after `python3.` in a name; -1 where there is none.
int minor_version(const fs::path& python) {
  const std::string name = python.filename().string();
  constexpr std::string_view kPrefix = "python3.";
  int version = -1;
  if (name.starts_with(kPrefix)) {
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), version);
  }
  return version;
}

/// The site-packages with torch under an installation's prefix, of `python`'s own version where its
/// name says it, else of the newest.
std::optional<fs::path> site_packages(const fs::path& prefix, const fs::path& python) {
  std::optional<fs::path> best;
  int best_version = -2;
  const int wanted = minor_version(python);
  for (const char* lib : {"lib", "lib64"}) {
    for (const fs::path& library : subfolders(prefix / lib, "python3")) {
      const int version = minor_version(library);
      for (const char* name : {"site-packages", "dist-packages"}) {
        const bool fits = wanted < 0 || version < 0 || version == wanted;
        if (fits && version > best_version && has_torch(library / name)) {
          best = library / name;
          best_version = version;
        }
      }
    }
  }
  return best;
}

std::optional<fs::path> site_packages_of(const fs::path& python) {
  std::error_code error;
  const fs::path resolved = fs::canonical(python, error);
  if (error) {
    return std::nullopt;
  }
  const fs::path prefix = python.parent_path().parent_path();
  if (auto found = site_packages(prefix, resolved)) {
    return found;
  }
  // A virtual environment's interpreter is a link to one that has other packages.
  return is_there(prefix / "pyvenv.cfg")
             ? std::nullopt
             : site_packages(resolved.parent_path().parent_path(), resolved);
}

fs::path environment_torch(const std::string& first) {
  std::vector<fs::path> pythons;
  if (!first.empty()) {
    pythons.push_back(fs::path(first) / "python3");
  }
  const char* environment = std::getenv("VIRTUAL_ENV");
  if (environment != nullptr && *environment != '\0') {
    pythons.push_back(fs::path(environment) / "bin" / "python3");
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    pythons.push_back(fs::path(folder) / "python3");
  }
  for (const fs::path& python : pythons) {
    if (auto found = site_packages_of(python)) {
      return *found;
    }
  }
  throw ReadError(
      fmt::format("no PyTorch beside this command, in $VIRTUAL_ENV or beside a python3 on PATH: "
                  "install one, or "
                  "{}",
                  kRemedy));
}

/// Opens site-packages or a checkout for what is PyTorch's there; any other path as SourceTree
/// does.
std::unique_ptr<SourceTree> open_tree(const fs::path& path) {
  std::error_code error;
  fs::path root = fs::absolute(path).lexically_normal();
  if (!fs::is_directory(root, error)) {
    return SourceTree::open(path.string());
  }
  if (!root.has_filename()) {
    root = root.parent_path();
  }
  const std::string location = root.string();
  if (!has_torch(root) && root.filename() == "torch") {
    root = root.parent_path();
  }
  if (!has_torch(root)) {
    throw ReadError(fmt::format("{}: no PyTorch there: {}", location, kRemedy));
  }
  std::vector<std::string> members = {"torch", "torchgen", "functorch",
                                      // a checkout's
                                      "version.txt", "aten/src", "c10"};
  for (const fs::path& info : subfolders(root, "torch-")) {
    if (info.extension() == ".dist-info") {
      members.push_back(info.filename().string());
    }
  }
  return open_folder(location, root, members);
}

// --- which PyTorch it is
// ---------------------------------------------------------------------------

std::string read_text(const SourceTree& tree, std::string_view path) {
  const SourceEntry* entry = tree.find(path);
  return entry == nullptr ? std::string() : tree.read(*entry);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// The string that torch/version.py gives `name`; empty for None.
std::string version_string(const PythonFile& version_py, std::string_view name) {
  for (const Stmt& statement : version_py.statements()) {
    const auto* assign = std::get_if<Assign>(&statement.node);
    if (assign != nullptr && assign->targets.size() == 1 && assign->targets[0]->text == name &&
        assign->value != nullptr && assign->value->kind == ExprKind::String) {
      return std::string(assign->value->text);
    }
  }
  return {};
}

/// The values of a METADATA or WHEEL field, one a line.
std::vector<std::string> fields(std::string_view text, std::string_view name) {
  std::vector<std::string> values;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line) && !trimmed(line).empty();) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && std::string_view(line).substr(0, colon) == name) {
      values.emplace_back(trimmed(std::string_view(line).substr(colon + 1)));
    }
  }
  return values;
}

/// Fills in the parts of `cp311-cp311-macosx_14_0_arm64`.
void read_tag(std::string_view tag, TorchIdentity& identity) {
  const std::size_t first = tag.find('-');
  const std::size_t last = tag.rfind('-');
  if (first != last) {
    identity.python = tag.substr(0, first);
    identity.platform = tag.substr(last + 1);
  }
}

/// The revision that a checkout's HEAD names, directly or through a branch.
std::string head_revision(const fs::path& git) {
  const auto first_line = [](const fs::path& path) {
    std::string line;
    std::getline(std::ifstream(path), line);
    return line;
  };
  constexpr std::string_view kReference = "ref: ";
  std::string head = first_line(git / "HEAD");
  if (!head.starts_with(kReference)) {
    return head;
  }
  const std::string branch = head.substr(kReference.size());
  if (std::string revision = first_line(git / branch); !revision.empty()) {
    return revision;
  }
  std::ifstream packed(git / "packed-refs");
  for (std::string line; std::getline(packed, line);) {
    if (line.ends_with(' ' + branch)) {
      return line.substr(0, line.find(' '));
    }
  }
  return {};
}

TorchIdentity identify(const SourceTree& tree) {
  TorchIdentity identity;
  identity.location = tree.location();
  const std::string path = "torch/version.py";
  const auto version_py = PythonFile::parse(path, read_text(tree, path), Bodies::Elided);
  identity.version = version_string(*version_py, "__version__");
  identity.git = version_string(*version_py, "git_version");
  identity.cuda = version_string(*version_py, "cuda");
  for (const SourceEntry& entry : tree.entries()) {
    if (!entry.path.starts_with("torch-")) {
      continue;
    }
    if (entry.path.ends_with(".dist-info/WHEEL")) {
      if (const auto tags = fields(tree.read(entry), "Tag"); !tags.empty()) {
        read_tag(tags.front(), identity);
      }
    } else if (entry.path.ends_with(".dist-info/METADATA") && identity.version.empty()) {
      if (const auto versions = fields(tree.read(entry), "Version"); !versions.empty()) {
        identity.version = versions.front();
      }
    }
  }
  if (identity.version.empty()) {
    identity.version = trimmed(read_text(tree, "version.txt"));
    if (!identity.version.empty()) {
      identity.platform = "source";
      const fs::path location(tree.location());
      identity.git = head_revision(
          (is_there(location / "version.txt") ? location : location.parent_path()) / ".git");
    }
  }
  return identity;
}

bool fits(std::string_view version, std::string_view expected) {
  return version.starts_with(expected) &&
         (version.size() == expected.size() || version[expected.size()] == '.' ||
          version[expected.size()] == '+');
}

}  // namespace

TorchSource open_torch(const std::string& path, const std::string& expect,
                       const std::string& first) {
  TorchSource source;
  source.tree = open_tree(path.empty() ? environment_torch(first) : fs::path(path));
  if (source.tree->find("torch/__init__.py") == nullptr) {
    throw ReadError(fmt::format("{}: no PyTorch there: {}", source.tree->location(), kRemedy));
  }
  source.identity = identify(*source.tree);
  if (source.identity.version.empty()) {
    throw ReadError(
        fmt::format("{}: has neither torch/version.py nor a dist-info nor version.txt: {}",
                    source.tree->location(), kRemedy));
  }
  if (!expect.empty() && !fits(source.identity.version, expect)) {
    throw ReadError(
        fmt::format("{}: PyTorch {}, not {}: name another with --torch or drop --expect",
                    source.tree->location(), source.identity.version, expect));
  }
  return source;
}

}  // namespace torchdevice::gap

#include "gap/read/tree_path.h"

#include <algorithm>
#include <array>

#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

constexpr std::array<std::string_view, 14> kExtensions = {".py",  ".pyi", ".yaml", ".c", ".cc",
                                                          ".cpp", ".cxx", ".cu",   ".h", ".hh",
                                                          ".hpp", ".cuh", ".inl",  ".mm"};
constexpr std::array<std::string_view, 3> kDistInfoFiles = {"METADATA", "WHEEL", "RECORD"};

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7F;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool is_source_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (slash == std::string_view::npos && name == "version.txt") {
    return true;
  }
  if (slash != std::string_view::npos && path.substr(0, slash).ends_with(".dist-info")) {
    return std::ranges::find(kDistInfoFiles, name) != kDistInfoFiles.end();
  }
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 &&
         std::ranges::find(kExtensions, name.substr(dot)) != kExtensions.end();
}

std::optional<std::string_view> path_defect(std::string_view path) {
  if (path.empty()) {
    return "has no name";
  }
  if (path.front() == '/' || (path.size() > 1 && path[1] == ':')) {
    return "has an absolute path";
  }
  if (path.find('\\') != std::string_view::npos) {
    return "has a backslash in its path";
  }
  if (std::ranges::any_of(path, is_control)) {
    return "has control characters in its path";
  }
  if (!is_utf8(path)) {
    return "has a path that is not UTF-8";
  }
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == "..") {
      return "has a path that leaves the root";
    }
    if (part.empty() || part == ".") {
      return "has a path that is not in normal form";
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return std::nullopt;
}

}  // namespace torchdevice::gap

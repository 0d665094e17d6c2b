#include "gap/read/folder_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "gap/read/tree_path.h"
#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};

std::uint64_t modified_ns(const struct stat& status) {
#ifdef __APPLE__
  const timespec& time = status.st_mtimespec;
#else
  const timespec& time = status.st_mtim;
#endif
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

class FolderTree final : public SourceTree {
 public:
  FolderTree(std::string location, const fs::path& root)
      : location_(std::move(location)), root_(root) {}

  void list(const std::vector<std::string>& members);

  const std::string& location() const override { return location_; }
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::string read(const SourceEntry& entry) const override;
  const std::vector<std::string>& problems() const override { return problems_; }

 private:
  void list_folder(const std::string& folder, int root);
  void add_member(int folder, const dirent& member, std::string path);
  void add_link(std::string path);
  void add_file(std::string path, const struct stat& status);
  void leave_out(std::string_view path, std::string_view why) {
    problems_.push_back(fmt::format("{}: left out: {}", printable(path), why));
  }

  std::string location_;
  fs::path root_;
  std::vector<SourceEntry> entries_;
  std::vector<std::string> problems_;
  std::vector<std::string> folders_;  ///< still to be listed, "" for the root
  std::size_t listed_folders_ = 0;
};

void FolderTree::list(const std::vector<std::string>& members) {
  const Descriptor root(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) {
    throw ReadError(fmt::format("{}: cannot be listed: {}", location_, std::strerror(errno)));
  }
  for (const std::string& member : members) {
    struct stat status{};
    if (fstatat(root.get(), member.c_str(), &status, 0) != 0) {
      continue;
    }
    if (S_ISDIR(status.st_mode)) {
      folders_.push_back(member);
    } else {
      add_file(member, status);
    }
  }
  if (members.empty()) {
    folders_.emplace_back();
  }
  while (!folders_.empty()) {
    const std::string folder = std::move(folders_.back());
    folders_.pop_back();
    list_folder(folder, root.get());
  }
  std::ranges::sort(entries_, {}, &SourceEntry::path);
}

void FolderTree::list_folder(const std::string& folder, int root) {
  Descriptor descriptor(
      openat(root, folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, CloseDir> dir(descriptor.get() < 0 ? nullptr
                                                                : fdopendir(descriptor.get()));
  if (dir == nullptr) {
    leave_out(folder, std::strerror(errno));
    return;
  }
  const int fd = descriptor.release();
  ++listed_folders_;
  while (const dirent* member = readdir(dir.get())) {
    const std::string_view name = member->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    add_member(fd, *member,
               folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name));
    if (entries_.size() + listed_folders_ + folders_.size() > kMaxFiles) {
      throw ReadError(fmt::format("{}: more than {} files: name one package or a folder inside",
                                  location_, kMaxFiles));
    }
  }
}

void FolderTree::add_member(int folder, const dirent& member, std::string path) {
  unsigned char type = member.d_type;
  struct stat status{};
  const bool is_source = is_source_path(path);
  if (type == DT_UNKNOWN || (type == DT_REG && is_source)) {
    if (fstatat(folder, member.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      leave_out(path, std::strerror(errno));
      return;
    }
    type = static_cast<unsigned char>(IFTODT(status.st_mode));
  }
  if (type == DT_DIR) {
    const std::string_view name = member.d_name;
    if (name.front() == '.' || name == "__pycache__") {
      return;
    }
    if (const auto defect = path_defect(path)) {
      leave_out(path, *defect);
    } else {
      folders_.push_back(std::move(path));
    }
  } else if (type == DT_LNK) {
    add_link(std::move(path));
  } else if (is_source) {
    add_file(std::move(path), status);
  }
}

void FolderTree::add_link(std::string path) {
  std::error_code error;
  const fs::path target = fs::canonical(root_ / path, error);
  struct stat status{};
  if (error || stat(target.c_str(), &status) != 0) {
    if (is_source_path(path)) {
      leave_out(path, "a link to nothing");
    }
  } else if (S_ISDIR(status.st_mode)) {
    leave_out(path, fmt::format("a link to the folder {}: open that by itself",
                                printable(target.string())));
  } else if (!is_source_path(path)) {
    return;
  } else if (!is_inside(target, fs::canonical(root_, error))) {
    leave_out(path, fmt::format("a link out of the folder, to {}", printable(target.string())));
  } else {
    add_file(std::move(path), status);
  }
}

void FolderTree::add_file(std::string path, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (const auto defect = path_defect(path)) {
    leave_out(path, *defect);
  } else if (!S_ISREG(status.st_mode)) {
    leave_out(path, "not a regular file");
  } else if (size > kMaxFileSize) {
    leave_out(path, fmt::format("{} bytes, more than {}", size, kMaxFileSize));
  } else {
    entries_.push_back({std::move(path), size, modified_ns(status)});
  }
}

std::string FolderTree::read(const SourceEntry& entry) const {
  const fs::path path = root_ / entry.path;
  // Not to wait where the file was replaced by a pipe.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    throw ReadError(
        fmt::format("{}: cannot be read: {}", printable(path.string()), std::strerror(errno)));
  }
  std::string text(entry.size + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw ReadError(
          fmt::format("{}: cannot be read: {}", printable(path.string()), std::strerror(errno)));
    }
    if (count == 0) {
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  if (filled != entry.size) {
    throw ReadError(
        fmt::format("{}: its size changed while it was read: run again", printable(path.string())));
  }
  text.resize(filled);
  return text;
}

}  // namespace

std::unique_ptr<SourceTree> open_folder(std::string location, const fs::path& root,
                                        const std::vector<std::string>& members) {
  auto tree = std::make_unique<FolderTree>(std::move(location), root);
  tree->list(members);
  return tree;
}

}  // namespace torchdevice::gap

#include "gap/model/cache/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace torchdevice::gap {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kLessUmask = 0666;
constexpr int kMaxLinks = 40;  // as Linux follows: links may go round

[[noreturn]] void fail(const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
}

/// `name` is what a message calls the file.
void write_whole(const fs::path& path, std::string_view text, int flags, const fs::path& name) {
  const int file = open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, kLessUmask);
  if (file < 0) {
    fail(name);
  }
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      const int error = errno;
      close(file);
      errno = error;
      fail(name);
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  if (close(file) != 0) {
    fail(name);
  }
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view text) {
  std::error_code none;
  fs::path target = path;
  for (int links = 0; links < kMaxLinks && fs::is_symlink(target, none); ++links) {
    target = target.parent_path() / fs::read_symlink(target);  // also where it leads nowhere yet
  }
  if (fs::exists(target, none) && !fs::is_regular_file(target, none)) {
    write_whole(target, text, 0, target);
    return;
  }
  static std::atomic<unsigned> count = 0;
  const fs::path beside = target.parent_path() /
                          fmt::format(".{}.{}-{}", target.filename().string(), getpid(), count++);
  try {
    write_whole(beside, text, O_CREAT | O_TRUNC, target);
    fs::rename(beside, target);
  } catch (const std::system_error&) {
    fs::remove(beside, none);
    throw;
  }
}

}  // namespace torchdevice::gap

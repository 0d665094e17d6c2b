#include "gap/read/wheel_tree.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "gap/read/tree_path.h"
#include "gap/read/utf8.h"

namespace torchdevice::gap {
namespace {

struct CloseZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
using Zip = std::unique_ptr<zip_t, CloseZip>;

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipFile = std::unique_ptr<zip_file_t, CloseFile>;

/// Opens the archive once more: a zip_t serves one thread at a time.
using OpenZip = std::function<Zip(zip_error_t*)>;

/// A member that is listed, before the order of entries is known.
struct Member {
  SourceEntry entry;
  zip_uint64_t index = 0;
};

/// Where a wheel's member is installed: `NAME.data/{purelib,platlib}/` names site-packages.
std::string_view installed_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || !path.substr(0, slash).ends_with(".data")) {
    return path;
  }
  const std::string_view rest = path.substr(slash + 1);
  for (const std::string_view scheme : {"purelib/", "platlib/"}) {
    if (rest.starts_with(scheme)) {
      return rest.substr(scheme.size());
    }
  }
  return path;
}

bool belongs_to(std::string_view path, std::string_view package) {
  const std::string_view top = path.substr(0, path.find('/'));
  return package.empty() || top == package || top.ends_with(".dist-info");
}

class WheelTree final : public SourceTree {
 public:
  WheelTree(std::string location, OpenZip open)
      : location_(std::move(location)), open_(std::move(open)) {}

  void list(std::string_view package);

  const std::string& location() const override { return location_; }
  const std::vector<SourceEntry>& entries() const override { return entries_; }
  std::string read(const SourceEntry& entry) const override;
  const std::vector<std::string>& problems() const override { return problems_; }

 private:
  Zip take() const;
  void give(Zip zip) const;
  std::optional<Member> member(zip_t* zip, zip_uint64_t index, std::string_view package);
  std::string read_member(zip_t* zip, zip_uint64_t index, const SourceEntry& entry) const;
  void take_members(std::vector<Member> members);
  void leave_out(std::string_view path, std::string_view why) {
    problems_.push_back(fmt::format("{}: left out: {}", printable(path), why));
  }
  [[noreturn]] void fail(std::string_view path, std::string_view what) const {
    throw ReadError(fmt::format("{}: {}: {}", location_, printable(path), what));
  }

  std::string location_;
  OpenZip open_;
  std::vector<SourceEntry> entries_;
  std::vector<zip_uint64_t> indices_;  ///< of each entry in the archive
  std::vector<std::string> problems_;
  mutable std::mutex mutex_;
  mutable std::vector<Zip> idle_;
};

Zip WheelTree::take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Zip zip = std::move(idle_.back());
      idle_.pop_back();
      return zip;
    }
  }
  zip_error_t error;
  zip_error_init(&error);
  Zip zip = open_(&error);
  const std::string what = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (zip == nullptr) {
    throw ReadError(
        fmt::format("{}: not a readable zip archive: {}: download it again", location_, what));
  }
  return zip;
}

void WheelTree::give(Zip zip) const {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(zip));
}

void WheelTree::list(std::string_view package) {
  Zip zip = take();
  const auto count =
      static_cast<zip_uint64_t>(std::max<zip_int64_t>(0, zip_get_num_entries(zip.get(), 0)));
  if (count > kMaxFiles) {
    throw ReadError(fmt::format("{}: {} members, more than {}: not a package's wheel", location_,
                                count, kMaxFiles));
  }
  std::vector<Member> members;
  std::uint64_t unpacked = 0;
  for (zip_uint64_t index = 0; index < count; ++index) {
    if (auto found = member(zip.get(), index, package)) {
      unpacked += found->entry.size;
      members.push_back(std::move(*found));
    }
  }
  if (unpacked > kMaxUnpacked) {
    throw ReadError(
        fmt::format("{}: would unpack to {} bytes of sources, more than {}: not a package's wheel",
                    location_, unpacked, kMaxUnpacked));
  }
  take_members(std::move(members));
  give(std::move(zip));
}

std::optional<Member> WheelTree::member(zip_t* zip, zip_uint64_t index, std::string_view package) {
  zip_stat_t status;
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                   ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(zip, index, ZIP_FL_ENC_RAW, &status) != 0 ||
      (status.valid & kNeeded) != kNeeded) {
    leave_out(fmt::format("member {}", index), zip_strerror(zip));
    return std::nullopt;
  }
  const std::string_view name = status.name;
  if (name.ends_with('/')) {
    return std::nullopt;
  }
  const std::string_view path = installed_path(name);
  for (const std::string_view checked : {name, path}) {
    if (const auto defect = path_defect(checked)) {
      leave_out(name, *defect);
      return std::nullopt;
    }
  }
  if (!is_source_path(path) || !belongs_to(path, package)) {
    return std::nullopt;
  }
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(zip, index, 0, &system, &attributes);
  const mode_t mode = system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
  if ((mode & S_IFMT) != 0 && !S_ISREG(mode)) {
    leave_out(name, S_ISLNK(mode) ? "a link" : "not a regular file");
  } else if (status.size > kMaxFileSize) {
    leave_out(name, fmt::format("{} bytes, more than {}", status.size, kMaxFileSize));
  } else if (status.size / kMaxRatio > status.comp_size) {
    leave_out(name, fmt::format("a compression ratio over {}", kMaxRatio));
  } else if (status.encryption_method != ZIP_EM_NONE) {
    leave_out(name, "encrypted");
  } else {
    return Member{{std::string(path), status.size, status.crc}, index};
  }
  return std::nullopt;
}

void WheelTree::take_members(std::vector<Member> members) {
  std::ranges::sort(members, {},
                    [](const Member& member) -> const std::string& { return member.entry.path; });
  for (std::size_t begin = 0, end = 0; begin < members.size(); begin = end) {
    const std::string& path = members[begin].entry.path;
    while (end < members.size() && members[end].entry.path == path) {
      ++end;
    }
    if (end - begin > 1) {
      leave_out(path, fmt::format("{} members of this path", end - begin));
      continue;
    }
    entries_.push_back(std::move(members[begin].entry));
    indices_.push_back(members[begin].index);
  }
}

std::string WheelTree::read(const SourceEntry& entry) const {
  const SourceEntry* listed = find(entry.path);
  if (listed == nullptr) {
    fail(entry.path, "not in the archive");
  }
  Zip zip = take();
  std::string text =
      read_member(zip.get(), indices_[static_cast<std::size_t>(listed - entries_.data())], *listed);
  give(std::move(zip));
  return text;
}

std::string WheelTree::read_member(zip_t* zip, zip_uint64_t index, const SourceEntry& entry) const {
  zip_stat_t status;
  if (zip_stat_index(zip, index, ZIP_FL_ENC_RAW, &status) != 0 || status.size != entry.size ||
      status.crc != entry.stamp || installed_path(status.name) != entry.path) {
    fail(entry.path, "the archive changed while it was read: run again");
  }
  const ZipFile file(zip_fopen_index(zip, index, 0));
  if (file == nullptr) {
    fail(entry.path, fmt::format("cannot be unpacked: {}: download it again", zip_strerror(zip)));
  }
  // One byte more than listed: the checksum is compared at the end of the data.
  std::string text(entry.size + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const zip_int64_t count = zip_fread(file.get(), text.data() + filled, text.size() - filled);
    if (count < 0) {
      fail(entry.path, fmt::format("cannot be unpacked: {}: download it again",
                                   zip_error_strerror(zip_file_get_error(file.get()))));
    }
    if (count == 0) {
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  if (filled != entry.size) {
    fail(entry.path,
         fmt::format("does not unpack to the {} bytes listed: download it again", entry.size));
  }
  text.resize(filled);
  return text;
}

std::unique_ptr<SourceTree> open_archive(std::string location, std::string_view package,
                                         OpenZip open) {
  auto tree = std::make_unique<WheelTree>(std::move(location), std::move(open));
  tree->list(package);
  return tree;
}

}  // namespace

std::unique_ptr<SourceTree> open_wheel(std::string location, std::string_view package) {
  const std::string path = location;
  return open_archive(std::move(location), package, [path](zip_error_t* error) {
    int code = 0;
    Zip zip(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (zip == nullptr) {
      zip_error_init_with_code(error, code);
    }
    return zip;
  });
}

std::unique_ptr<SourceTree> open_wheel_in_memory(std::string location, std::string_view archive,
                                                 std::string_view package) {
  return open_archive(std::move(location), package, [archive](zip_error_t* error) -> Zip {
    zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, error);
    if (source == nullptr) {
      return nullptr;
    }
    Zip zip(zip_open_from_source(source, ZIP_RDONLY, error));
    if (zip == nullptr) {
      zip_source_free(source);
    }
    return zip;
  });
}

}  // namespace torchdevice::gap

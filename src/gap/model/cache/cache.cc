#include "gap/model/cache/cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cereal/archives/portable_binary.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <streambuf>
#include <system_error>
#include <utility>
#include <vector>

#include "gap/model/cache/archive.h"
#include "gap/model/cache/atomic_file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace torchdevice::gap {

namespace fs = std::filesystem;

namespace {

/// Before the result: says that the file is whole and one of ours.
struct Header {
  char magic[8];
  std::uint64_t size;
  std::uint64_t checksum;
};
constexpr char kMagic[8] = {'t', 'd', 'g', 'a', 'p', '1', '\n', '\0'};
constexpr std::string_view kExtension = ".result";
constexpr std::chrono::hours kAbandoned{1};

template <typename Result>
constexpr std::string_view kKind;
template <>
constexpr std::string_view kKind<Surface> = "surface";
template <>
constexpr std::string_view kKind<Overlay> = "overlay";

/// A stream's view of bytes that are somewhere already.
class Bytes : public std::streambuf {
 public:
  explicit Bytes(std::string& bytes, std::size_t from) {
    setg(bytes.data(), bytes.data() + from, bytes.data() + bytes.size());
  }
};

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0)) : 0,
                    '\0');
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file ? bytes : std::string();
}

bool is_whole(const std::string& bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) {
    return false;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  return std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0 &&
         header.size == bytes.size() - sizeof(header) &&
         header.checksum == XXH3_64bits(bytes.data() + sizeof(header), header.size);
}

}  // namespace

void CacheKey::add(std::string_view part) {
  fmt::format_to(std::back_inserter(text_), "{}:{}\n", part.size(), part);
}

void CacheKey::add(const SourceTree& tree) {
  add(tree.location());
  for (const SourceEntry& entry : tree.entries()) {
    fmt::format_to(std::back_inserter(text_), "{} {} {}\n", entry.path, entry.size, entry.stamp);
  }
  for (const std::string& problem : tree.problems()) {
    add(problem);
  }
}

std::string CacheKey::digest() const {
  const XXH128_hash_t hash = XXH3_128bits(text_.data(), text_.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

Cache::Cache(std::string folder, std::uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {}

std::string Cache::default_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && fs::path(cache).is_absolute()) {
    return fs::path(cache) / "torchdevice";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return {};
  }
#ifdef __APPLE__
  return fs::path(home) / "Library" / "Caches" / "torchdevice";
#else
  return fs::path(home) / ".cache" / "torchdevice";
#endif
}

std::string Cache::path(const CacheKey& key, std::string_view kind) const {
  return fs::path(folder_) / fmt::format("{}-{}{}", kind, key.digest(), kExtension);
}

template <typename Result>
std::optional<Result> Cache::find(const CacheKey& key) const {
  const std::string file = path(key, kKind<Result>);
  std::string bytes = read_whole(file);
  if (!is_whole(bytes)) {
    return std::nullopt;
  }
  Bytes buffer(bytes, sizeof(Header));
  std::istream stream(&buffer);
  Result result;
  cereal::PortableBinaryInputArchive{stream}(result);
  std::error_code another_user_owns_it;
  fs::last_write_time(file, fs::file_time_type::clock::now(), another_user_owns_it);
  return result;
}

template <typename Result>
void Cache::keep(const CacheKey& key, const Result& result) const {
  std::ostringstream stream(std::string(sizeof(Header), '\0'), std::ios::binary | std::ios::ate);
  cereal::PortableBinaryOutputArchive{stream}(result);
  std::string bytes = std::move(stream).str();
  Header header{{}, bytes.size() - sizeof(Header), 0};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.checksum = XXH3_64bits(bytes.data() + sizeof(Header), header.size);
  std::memcpy(bytes.data(), &header, sizeof(header));
  fs::create_directories(folder_);
  write_file_atomically(path(key, kKind<Result>), bytes);
  remove_oldest();
}

void Cache::remove_oldest() const {
  struct Entry {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(folder_)) {
    std::error_code gone;  // another process removed it
    const std::uint64_t size = file.file_size(gone);
    const fs::file_time_type used = file.last_write_time(gone);
    if (gone) {
      continue;
    }
    if (file.path().filename().string().starts_with('.')) {  // being written, or left by a crash
      if (used < fs::file_time_type::clock::now() - kAbandoned) {
        fs::remove(file.path(), gone);
      }
    } else if (file.path().extension() == kExtension) {
      entries.push_back({used, size, file.path()});
      total += size;
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= max_bytes_) {
      break;
    }
    std::error_code gone;
    fs::remove(entry.path, gone);
    total -= entry.size;
  }
}

template std::optional<Surface> Cache::find<Surface>(const CacheKey&) const;
template std::optional<Overlay> Cache::find<Overlay>(const CacheKey&) const;
template void Cache::keep<Surface>(const CacheKey&, const Surface&) const;
template void Cache::keep<Overlay>(const CacheKey&, const Overlay&) const;

}  // namespace torchdevice::gap

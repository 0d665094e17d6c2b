#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// All that a result depends on: the tool, the question and the files it was read from.
class CacheKey {
 public:
  explicit CacheKey(std::string_view tool) { add(tool); }

  /// An option, or any other part of the question.
  void add(std::string_view part);
  /// The path, size and stamp of every file.
  void add(const SourceTree& tree);

  /// 32 hexadecimal digits.
  std::string digest() const;

 private:
  std::string text_;
};

/// Results on disk, one file each, so that a question about files that have not changed is answered
/// without reading them. An entry that is damaged, or another program's, is as good as none. When
/// the entries take more than `max_bytes`, those not used for longest go.
///
/// Several processes may use the same folder at once.
class Cache {
 public:
  static constexpr std::uint64_t kMaxBytes = 512u << 20;

  explicit Cache(std::string folder, std::uint64_t max_bytes = kMaxBytes);

  /// `$XDG_CACHE_HOME/torchdevice`, else `~/Library/Caches/torchdevice` on macOS and
  /// `~/.cache/torchdevice` elsewhere; empty where there is no home.
  static std::string default_folder();

  /// Surface, Overlay or Operators, as kept under the same key.
  template <typename Result>
  std::optional<Result> find(const CacheKey& key) const;

  /// Throws std::system_error where nothing can be written.
  template <typename Result>
  void keep(const CacheKey& key, const Result& result) const;

 private:
  std::string path(const CacheKey& key, std::string_view kind) const;
  void remove_oldest() const;

  std::string folder_;
  std::uint64_t max_bytes_;
};

}  // namespace torchdevice::gap

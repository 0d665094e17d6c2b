#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace torchdevice::gap {

/// A tree, archive or file that cannot be read: one line with what, where and what to do.
class ReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SourceEntry {
  std::string path;         ///< relative to the root, with `/`; `torch/cuda/__init__.py`
  std::uint64_t size = 0;   ///< bytes, unpacked
  std::uint64_t stamp = 0;  ///< changes when the content does: mtime in ns, or the archive's CRC
};

/// The files of a package, wherever they lie: a folder, or a wheel that is read in place.
///
/// Paths begin with the top-level package or distribution folder (`torch/…`,
/// `torch-2.13.0.dist-info/…`). Only the files that the analyzer reads are listed: `.py`, `.pyi`,
/// `.yaml`, C++ sources and headers, `*.dist-info/{METADATA,WHEEL,RECORD}` and a checkout's
/// version.txt.
///
/// Hostile input is refused with a ReadError or left out with a line in problems(): members that
/// leave the root or are links out of it, link loops, members over kMaxFileSize or with a
/// compression ratio over kMaxRatio, more than kMaxFiles members.
///
/// Threads: read() may be called from several threads at once.
class SourceTree {
 public:
  static constexpr std::uint64_t kMaxFileSize = 64u << 20;
  static constexpr std::uint64_t kMaxRatio = 200;
  static constexpr std::size_t kMaxFiles = 200'000;

  /// Opens
  ///  - a folder that holds a package (`…/site-packages/torch`, a checkout's `torch`): the parent
  ///  is the
  ///    root and only this package is listed, with its dist-info if there is one;
  ///  - a folder that holds several (`site-packages`, a checkout): with `package` that one of them,
  ///    without, all of them;
  ///  - a `.whl` or `.zip` file;
  ///  - one `.py` file.
  /// Throws ReadError.
  static std::unique_ptr<SourceTree> open(const std::string& path, std::string_view package = {});

  virtual ~SourceTree() = default;

  /// What open() was given, made absolute: for messages and caches.
  virtual const std::string& location() const = 0;
  /// Sorted by path.
  virtual const std::vector<SourceEntry>& entries() const = 0;
  /// Throws ReadError; also where the content does not fit the listed size or checksum.
  virtual std::string read(const SourceEntry& entry) const = 0;
  /// What was left out, and why; one line each, with the member's path.
  virtual const std::vector<std::string>& problems() const = 0;

  /// Null where there is no such file.
  const SourceEntry* find(std::string_view path) const;
};

}  // namespace torchdevice::gap

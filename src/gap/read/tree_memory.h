#pragma once

#include <cstddef>
#include <vector>

namespace torchdevice::gap {

/// The memory of one use of tree-sitter on this thread: parser, tree and cursors that are made
/// while it lives take their memory here, and must be gone before it is. Faster than malloc, and
/// bounded: hostile text can make a tree a thousand times its size.
///
/// Every other use of tree-sitter in the program keeps to malloc.
class TreeMemory {
 public:
  static constexpr std::size_t kLimit = std::size_t{1} << 30;

  TreeMemory();
  ~TreeMemory();
  TreeMemory(const TreeMemory&) = delete;
  TreeMemory& operator=(const TreeMemory&) = delete;

  /// Becomes non-zero when more than kLimit bytes are in use: for
  /// ts_parser_set_cancellation_flag().
  const std::size_t* exhausted() const { return &exhausted_; }

 private:
  friend struct TreeAllocator;

  struct Free {
    Free* next;
  };

  static constexpr std::size_t kGranule = 16;
  static constexpr std::size_t kClasses = 64;
  static constexpr std::size_t kChunk = std::size_t{1} << 20;

  void* take(std::size_t granules);
  void count(std::size_t bytes);

  TreeMemory* outer_;
  Free* free_[kClasses] = {};
  std::vector<void*> chunks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::size_t used_ = 0;
  std::size_t exhausted_ = 0;
};

}  // namespace torchdevice::gap

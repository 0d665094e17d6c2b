#include "gap/read/tree_memory.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace torchdevice::gap {
namespace {

thread_local TreeMemory* current = nullptr;

/// A chunk that is kept for the next region of this thread.
struct Spare {
  void* chunk = nullptr;
  ~Spare() { std::free(chunk); }
};
thread_local Spare spare;

/// Stands before every block.
struct Header {
  std::uint64_t size : 56;     ///< bytes of the block, header included
  std::uint64_t granules : 8;  ///< of a block from a region; 0 for one from malloc
};
static_assert(sizeof(Header) == 8);

void* behind(void* block) { return static_cast<std::byte*>(block) + sizeof(Header); }
Header* before(void* memory) {
  return reinterpret_cast<Header*>(static_cast<std::byte*>(memory) - sizeof(Header));
}

/// tree-sitter has no way to go on without memory, and neither has the rest of the program.
void* checked(void* block) {
  if (block == nullptr) {
    std::fputs("out of memory\n", stderr);
    std::abort();
  }
  return block;
}

}  // namespace

struct TreeAllocator {
  static void* allocate(std::size_t bytes) {
    const std::size_t size = bytes + sizeof(Header);
    const std::size_t granules = (size + TreeMemory::kGranule - 1) / TreeMemory::kGranule;
    void* block;
    if (current != nullptr && granules < TreeMemory::kClasses) {
      block = current->take(granules);
      *static_cast<Header*>(block) = {granules * TreeMemory::kGranule, granules};
    } else {
      block = checked(std::malloc(size));
      *static_cast<Header*>(block) = {size, 0};
      if (current != nullptr) current->count(size);
    }
    return behind(block);
  }

  static void* allocate_zeroed(std::size_t count, std::size_t bytes) {
    void* memory = allocate(count * bytes);
    std::memset(memory, 0, count * bytes);
    return memory;
  }

  static void* reallocate(void* memory, std::size_t bytes) {
    if (memory == nullptr) return allocate(bytes);
    const Header header = *before(memory);
    const std::size_t old = header.size - sizeof(Header);
    if (bytes <= old) return memory;
    if (header.granules == 0) {
      const std::size_t size = bytes + sizeof(Header);
      void* block = checked(std::realloc(before(memory), size));
      *static_cast<Header*>(block) = {size, 0};
      if (current != nullptr) current->count(bytes - old);
      return behind(block);
    }
    void* grown = allocate(bytes);
    std::memcpy(grown, memory, old);
    release(memory);
    return grown;
  }

  static void release(void* memory) {
    if (memory == nullptr) return;
    Header* header = before(memory);
    if (header->granules == 0) {
      if (current != nullptr) current->used_ -= std::min<std::size_t>(current->used_, header->size);
      std::free(header);
      return;
    }
    auto*& list = current->free_[header->granules];
    list = new (header) TreeMemory::Free{list};
  }

  /// Before main(), and so before any parser.
  static bool install() {
    ts_set_allocator(allocate, allocate_zeroed, reallocate, release);
    return true;
  }
};

namespace {
[[maybe_unused]] const bool installed = TreeAllocator::install();
}  // namespace

TreeMemory::TreeMemory() : outer_(current) { current = this; }

TreeMemory::~TreeMemory() {
  for (void* chunk : chunks_) {
    if (spare.chunk == nullptr) {
      spare.chunk = chunk;
    } else {
      std::free(chunk);
    }
  }
  current = outer_;
}

void* TreeMemory::take(std::size_t granules) {
  if (Free* block = free_[granules]) {
    free_[granules] = block->next;
    return block;
  }
  const std::size_t size = granules * kGranule;
  if (static_cast<std::size_t>(end_ - next_) < size) {
    void* chunk = std::exchange(spare.chunk, nullptr);
    next_ = static_cast<std::byte*>(chunk != nullptr ? chunk : checked(std::malloc(kChunk)));
    end_ = next_ + kChunk;
    chunks_.push_back(next_);
    count(kChunk);
  }
  void* block = next_;
  next_ += size;
  return block;
}

void TreeMemory::count(std::size_t bytes) {
  used_ += bytes;
  if (used_ > kLimit) exhausted_ = 1;
}

}  // namespace torchdevice::gap

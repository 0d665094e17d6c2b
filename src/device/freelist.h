#pragma once

#include <cstddef>
#include <mutex>
#include <type_traits>
#include <vector>

namespace torchdevice {

/// How a Freelist makes and destroys its objects; specialised for reference-counted ones.
template <class T>
struct FreelistTraits {
  static T* make() { return new T(); }
  static void destroy(T* item) noexcept { delete item; }
};

/// For small objects that live as long as a tensor: they come from blocks of many and never go back
/// to the heap, so that none lies between the tensors' memory and keeps the heap from shrinking.
template <class T>
struct SlabTraits {
  static_assert(std::is_trivially_destructible_v<T>);

  static T* make() {
    auto& slab = instance();
    const std::lock_guard<std::mutex> lock(slab.mutex);
    if (slab.idle.empty()) {
      T* block = new T[kBlock];
      slab.made += kBlock;
      slab.idle.reserve(slab.made);
      for (std::size_t i = kBlock; i > 0; --i) slab.idle.push_back(block + i - 1);
    }
    T* item = slab.idle.back();
    slab.idle.pop_back();
    return item;
  }

  static void destroy(T* item) noexcept {
    auto& slab = instance();
    const std::lock_guard<std::mutex> lock(slab.mutex);
    slab.idle.push_back(item);
  }

 private:
  static constexpr std::size_t kBlock = 256;

  struct Slab {
    std::mutex mutex;
    std::vector<T*> idle;
    std::size_t made = 0;
  };

  /// Never destroyed: tensors in static storage may outlive this library's statics.
  static Slab& instance() {
    static auto* slab = new Slab();
    return *slab;
  }
};

/// A per-thread stack of reusable, constructed objects. An object may be taken on one thread and
/// put back on another. A thread keeps at most kCapacity objects and destroys them when it ends;
/// from then on, and so at process exit, put() destroys at once.
template <class T>
class Freelist {
 public:
  static T* take() {
    auto& list = local();
    return list.size > 0 ? list.items[--list.size] : FreelistTraits<T>::make();
  }

  static void put(T* item) noexcept {
    auto& list = local();
    if (list.size < list.limit) {
      list.items[list.size++] = item;
    } else {
      FreelistTraits<T>::destroy(item);
    }
  }

 private:
  static constexpr std::size_t kCapacity = 256;

  /// Trivially destructible: usable while the thread's other objects are being destroyed.
  struct List {
    std::size_t size;
    std::size_t limit;
    T* items[kCapacity];
  };

  /// Opens the list when the thread first uses it; empties and closes it when the thread ends.
  struct Keeper {
    explicit Keeper(List& list) : list_(list) { list_.limit = kCapacity; }
    ~Keeper() {
      list_.limit = 0;
      while (list_.size > 0) FreelistTraits<T>::destroy(list_.items[--list_.size]);
    }
    List& list_;
  };

  static List& local() {
    static thread_local List list{};
    static thread_local Keeper keeper(list);
    (void)keeper;
    return list;
  }
};

}  // namespace torchdevice

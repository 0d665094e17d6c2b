#pragma once

#include <cstddef>

namespace torchdevice {

/// How a Freelist makes and destroys its objects; specialised for reference-counted ones.
template <class T>
struct FreelistTraits {
  static T* make() { return new T(); }
  static void destroy(T* item) noexcept { delete item; }
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

#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

#include <tuple>
#include <type_traits>
#include <vector>

#include "device/redirect/call.h"

namespace torchdevice {

/// Results of a host kernel come in two kinds. Some refer to arguments (in place and `out=`
/// operators return `Tensor&` or a tuple of them): the original arguments are returned. The others
/// are values that may hold new tensors.

template <class T>
struct IsReferenceTuple : std::false_type {};
template <class... T>
struct IsReferenceTuple<std::tuple<T...>>
    : std::bool_constant<(sizeof...(T) > 0) && (std::is_reference_v<T> && ...)> {};

template <class R>
constexpr bool refers() {
  return std::is_reference_v<R> || IsReferenceTuple<R>::value;
}

/// The original of the alias that a host kernel returned by reference.
template <class R>
R original_of(std::remove_reference_t<R>& returned, VisitAliases visit) {
  const at::Tensor* found = &returned;
  visit([&](const at::Tensor& original, at::Tensor& alias, uint32_t /*index*/) {
    if (&alias == &returned) found = &original;
  });
  return const_cast<R>(*found);
}

template <class R>
struct Originals {
  static R of(R returned, VisitAliases visit) { return original_of<R>(returned, visit); }
};
template <class... T>
struct Originals<std::tuple<T...>> {
  static std::tuple<T...> of(const std::tuple<T...>& returned, VisitAliases visit) {
    return std::apply(
        [&](auto&... tensors) { return std::tuple<T...>(original_of<T>(tensors, visit)...); },
        returned);
  }
};

/// Appends the addresses of the tensors that a result value holds.
using TensorPointers = c10::SmallVector<at::Tensor*, 4>;

template <class T>
void collect(T& /*value*/, TensorPointers& /*tensors*/) {}
inline void collect(at::Tensor& tensor, TensorPointers& tensors) { tensors.push_back(&tensor); }
inline void collect(std::vector<at::Tensor>& list, TensorPointers& tensors) {
  for (auto& tensor : list) tensors.push_back(&tensor);
}
template <class... T>
void collect(std::tuple<T...>& values, TensorPointers& tensors) {
  std::apply([&](auto&... value) { (collect(value, tensors), ...); }, values);
}

}  // namespace torchdevice

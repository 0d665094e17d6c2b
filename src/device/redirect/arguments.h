#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

#include <optional>
#include <utility>

#include "device/redirect/alias.h"
#include "device/redirect/call.h"

namespace torchdevice {

/// Holds one argument of a redirected call, of C++ type T as the dispatcher passes it:
///
///   each(value, visit)  visits the defined tensors of an argument, before anything is aliased;
///   host()              the argument to hand to the host kernel;
///   aliases(visit)      visits (original, alias) of every tensor that it holds.
///
/// This primary template is for what holds no tensor: it passes through.
template <class T>
class Argument {
 public:
  Argument(Passed<T> passed) : value_(std::forward<T>(passed.value)) {}

  /// A copy of what is passed by value: the host may be called a second time (detour.h).
  T host() { return value_; }

  template <class Visit>
  static void each(const std::remove_reference_t<T>& /*value*/, Visit&& /*visit*/) {}
  template <class Visit>
  void aliases(Visit&& /*visit*/) {}

 private:
  T value_;
};

/// `Tensor self`, and with a mutable T `Tensor(a!) self`.
template <class T>
class TensorArgument {
 public:
  TensorArgument(Passed<T> passed) : original_(passed.value), host_(make_alias(passed.value)) {}
  ~TensorArgument() { release_alias(original_, host_); }
  TensorArgument(const TensorArgument&) = delete;
  TensorArgument& operator=(const TensorArgument&) = delete;

  T host() { return host_; }

  template <class Visit>
  static void each(const at::Tensor& value, Visit&& visit) {
    if (value.defined()) visit(value);
  }
  template <class Visit>
  void aliases(Visit&& visit) {
    visit(static_cast<const at::Tensor&>(original_), host_);
  }

 private:
  T original_;
  at::Tensor host_;
};

template <>
class Argument<const at::Tensor&> : public TensorArgument<const at::Tensor&> {
 public:
  using TensorArgument::TensorArgument;
};

template <>
class Argument<at::Tensor&> : public TensorArgument<at::Tensor&> {
 public:
  using TensorArgument::TensorArgument;
};

/// `Tensor? weight`
template <>
class Argument<const std::optional<at::Tensor>&> {
 public:
  Argument(Passed<const std::optional<at::Tensor>&> passed) : original_(passed.value) {
    if (original_.has_value()) host_ = make_alias(*original_);
  }
  ~Argument() {
    if (original_.has_value()) release_alias(*original_, *host_);
  }
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;

  const std::optional<at::Tensor>& host() { return host_; }

  template <class Visit>
  static void each(const std::optional<at::Tensor>& value, Visit&& visit) {
    if (value.has_value() && value->defined()) visit(*value);
  }
  template <class Visit>
  void aliases(Visit&& visit) {
    if (original_.has_value()) visit(*original_, *host_);
  }

 private:
  const std::optional<at::Tensor>& original_;
  std::optional<at::Tensor> host_;
};

/// `Tensor[] tensors`, as an array or as the dispatcher's list reference.
template <class T>
class TensorListArgument {
 public:
  TensorListArgument(Passed<T> passed) : originals_(passed.value) {
    hosts_.reserve(originals_.size());
    for (const at::Tensor& original : originals_) {
      hosts_.push_back(make_alias(original));
    }
  }
  ~TensorListArgument() {
    auto* host = hosts_.data();
    for (const at::Tensor& original : originals_) release_alias(original, *host++);
  }
  TensorListArgument(const TensorListArgument&) = delete;
  TensorListArgument& operator=(const TensorListArgument&) = delete;

  at::TensorList hosts() const { return {hosts_.data(), hosts_.size()}; }

  template <class Visit>
  static void each(const std::remove_reference_t<T>& value, Visit&& visit) {
    for (const at::Tensor& tensor : value) {
      if (tensor.defined()) visit(tensor);
    }
  }
  template <class Visit>
  void aliases(Visit&& visit) {
    auto* host = hosts_.data();
    for (const at::Tensor& original : originals_) visit(original, *host++);
  }

 private:
  T originals_;
  c10::SmallVector<at::Tensor, 8> hosts_;
};

template <>
class Argument<at::TensorList> : public TensorListArgument<at::TensorList> {
 public:
  using TensorListArgument::TensorListArgument;
  at::TensorList host() { return hosts(); }
};

template <>
class Argument<const at::ITensorListRef&> : public TensorListArgument<const at::ITensorListRef&> {
 public:
  Argument(Passed<const at::ITensorListRef&> passed) : TensorListArgument(passed), list_(hosts()) {}
  const at::ITensorListRef& host() { return list_ = hosts(); }

 private:
  at::ITensorListRef list_;
};

/// `Tensor?[] indices`
template <>
class Argument<const c10::List<std::optional<at::Tensor>>&> {
  using List = c10::List<std::optional<at::Tensor>>;

 public:
  Argument(Passed<const List&> passed) : originals_(passed.value) {
    hosts_.reserve(originals_.size());
    for (std::size_t i = 0; i < originals_.size(); ++i) {
      const auto* tensor = original(i);
      hosts_.push_back(tensor != nullptr ? make_alias(*tensor) : at::Tensor());
    }
  }
  ~Argument() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (const auto* tensor = original(i)) release_alias(*tensor, hosts_[i]);
    }
  }
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;

  const List& host() {
    list_ = originals_.copy();
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (original(i) != nullptr) list_->set(i, hosts_[i]);
    }
    return *list_;
  }

  template <class Visit>
  static void each(const List& value, Visit&& visit) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto* tensor = item(value, i);
      if (tensor != nullptr && tensor->defined()) visit(*tensor);
    }
  }
  template <class Visit>
  void aliases(Visit&& visit) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (const auto* tensor = original(i)) visit(*tensor, hosts_[i]);
    }
  }

 private:
  /// The list's own tensor (not a copy), or null for None.
  static const at::Tensor* item(const List& list, std::size_t index) {
    const c10::IValue& value = (*(list.begin() + static_cast<int64_t>(index))).get();
    return value.isTensor() ? &value.toTensor() : nullptr;
  }
  const at::Tensor* original(std::size_t index) const { return item(originals_, index); }

  const List& originals_;
  c10::SmallVector<at::Tensor, 4> hosts_;
  std::optional<List> list_;
};

/// `Generator? generator`: see generator_for().
template <>
class Argument<std::optional<at::Generator>> {
 public:
  Argument(Passed<std::optional<at::Generator>> passed)
      : host_(generator_for(std::move(passed.value), passed.call)) {}

  std::optional<at::Generator> host() { return host_; }

  template <class Visit>
  static void each(const std::optional<at::Generator>& /*value*/, Visit&& /*visit*/) {}
  template <class Visit>
  void aliases(Visit&& /*visit*/) {}

 private:
  std::optional<at::Generator> host_;
};

}  // namespace torchdevice

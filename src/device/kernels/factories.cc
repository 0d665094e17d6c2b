#include <ATen/EmptyTensor.h>
#include <ATen/ops/tril_indices.h>
#include <ATen/ops/triu_indices.h>
#include <c10/core/DeviceGuard.h>

#include "device/allocator.h"
#include "device/device.h"
#include "device/kernels/native_kernels.h"

namespace torchdevice::kernels {
namespace {

using OptionalDtype = std::optional<at::ScalarType>;
using OptionalLayout = std::optional<at::Layout>;
using OptionalDevice = std::optional<at::Device>;

constexpr c10::DispatchKeySet kCudaKeys(c10::DispatchKey::CUDA);

/// The device of a new tensor, current while it is made; the first use initialises CUDA.
class FactoryDevice {
 public:
  explicit FactoryDevice(OptionalDevice device) : guard_(checked(device)) { initialize(); }
  at::Device get() const { return guard_.current_device(); }

 private:
  static at::Device checked(OptionalDevice device) {
    at::Device result = device.value_or(at::Device(at::kCUDA));
    TORCH_INTERNAL_ASSERT(result.is_cuda());
    if (!result.has_index()) result.set_index(current_device());
    check_device(result.index());
    return result;
  }

  c10::DeviceGuard guard_;
};

void check_dense(OptionalLayout layout, std::optional<bool> pin_memory) {
  TORCH_INTERNAL_ASSERT(layout.value_or(at::kStrided) == at::kStrided);
  TORCH_CHECK(!pin_memory.value_or(false), "Only dense CPU tensors can be pinned");
}

at::Tensor empty(c10::SymIntArrayRef size, OptionalDtype dtype, OptionalLayout layout,
                 OptionalDevice device, std::optional<bool> pin_memory,
                 std::optional<at::MemoryFormat> memory_format) {
  check_dense(layout, pin_memory);
  const FactoryDevice guard(device);
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), allocator(), kCudaKeys,
                                   c10::dtype_or_default(dtype), memory_format);
}

at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, OptionalDtype dtype,
                         OptionalLayout layout, OptionalDevice device,
                         std::optional<bool> pin_memory) {
  check_dense(layout, pin_memory);
  const FactoryDevice guard(device);
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size),
                                           C10_AS_INTARRAYREF_SLOW(stride), allocator(), kCudaKeys,
                                           c10::dtype_or_default(dtype));
}

using MakeIndices = at::Tensor (*)(int64_t, int64_t, int64_t, at::TensorOptions);

/// `tril_indices` and `triu_indices`: made on the CPU, and copied.
template <MakeIndices make>
at::Tensor indices(int64_t row, int64_t col, int64_t offset, OptionalDtype dtype,
                   OptionalLayout layout, OptionalDevice device, std::optional<bool> pin_memory) {
  check_dense(layout, pin_memory);
  const FactoryDevice guard(device);
  return make(row, col, offset, c10::dtype_or_default(dtype)).to(guard.get());
}

/// Storages of zero tensors have a size and no memory (native/TensorFactories.cpp).
class ZeroTensorAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t /*bytes*/) override {
    return {nullptr, nullptr, &no_delete, at::Device(at::kCUDA, current_device())};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &no_delete; }
  void copy_data(void* /*dest*/, const void* /*src*/, std::size_t /*count*/) const override {}

 private:
  static void no_delete(void* context) { TORCH_INTERNAL_ASSERT(context == nullptr); }
};

at::Tensor efficient_zero_tensor(c10::SymIntArrayRef size, OptionalDtype dtype,
                                 OptionalLayout layout, OptionalDevice device,
                                 std::optional<bool> pin_memory) {
  check_dense(layout, pin_memory);
  const FactoryDevice guard(device);
  static auto* allocator = new ZeroTensorAllocator();
  auto out =
      at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), allocator,
                                kCudaKeys | c10::DispatchKeySet(c10::DispatchKey::ZeroTensor),
                                c10::dtype_or_default(dtype), std::nullopt);
  return out;
}

}  // namespace

void register_factories(torch::Library& library) {
  library.impl("empty.memory_format", TORCH_FN(empty));
  library.impl("empty_strided", TORCH_FN(empty_strided));
  library.impl("tril_indices", TORCH_FN(indices<&at::tril_indices>));
  library.impl("triu_indices", TORCH_FN(indices<&at::triu_indices>));
  library.impl("_efficientzerotensor", TORCH_FN(efficient_zero_tensor));
}

}  // namespace torchdevice::kernels

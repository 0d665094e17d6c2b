#include <ATen/ops/_has_compatible_shallow_copy_type_native.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/is_set_to_native.h>
#include <ATen/ops/set_native.h>
#include <c10/core/DeviceGuard.h>

#include "device/allocator.h"
#include "device/kernels/native_kernels.h"

namespace torchdevice::kernels {
namespace {

/// `self` becomes empty, on a storage of its own (native/cuda/TensorFactories.cu: set_cuda_).
at::Tensor& set_(at::Tensor& self) {
  const c10::OptionalDeviceGuard guard(self.device());
  at::Storage storage(at::Storage::use_byte_size_t(), 0, allocator(), /*resizable=*/true);
  self.set_(std::move(storage), 0, {0}, {});
  return self;
}

/// A storage too small for `size` grows on its own device.
at::Tensor& set_storage_(at::Tensor& self, at::Storage storage, int64_t offset,
                         at::IntArrayRef size, at::IntArrayRef stride) {
  const c10::DeviceGuard guard(storage.device());
  return at::native::set_storage_cpu_(self, std::move(storage), offset, size, stride);
}

/// A copy made at once: copy-on-write needs memory whose DataPtr is its own context
/// (c10/core/impl/COW.cpp), and a CUDA storage's context is its host storage.
at::Tensor lazy_clone(const at::Tensor& self) {
  const auto empty = [&](at::ScalarType dtype) {
    return at::empty({0}, self.options().dtype(dtype));
  };
  const auto bytes = empty(at::kByte).set_(self.storage()).clone();
  auto result = empty(self.scalar_type());
  result.set_(bytes.storage(), self.storage_offset(), self.sizes(), self.strides());
  result._set_conj(self.is_conj());
  result._set_neg(self.is_neg());
  return result;
}

/// Work is complete when it was issued: no stream uses the memory later than the program does.
void record_stream(at::Tensor& self, c10::Stream stream) {
  allocator()->recordStream(self.storage().data_ptr(), stream);
}

}  // namespace

void register_storage_operators(torch::Library& library) {
  library.impl("set_", TORCH_FN(set_));
  library.impl("set_.source_Storage",
               TORCH_FN(static_cast<at::Tensor& (*)(at::Tensor&, at::Storage)>(at::native::set_)));
  library.impl("set_.source_Storage_storage_offset", TORCH_FN(set_storage_));
  library.impl("set_.source_Tensor", TORCH_FN(at::native::set_tensor_));
  library.impl("is_set_to", TORCH_FN(at::native::is_set_to));
  library.impl("_has_compatible_shallow_copy_type",
               TORCH_FN(at::native::_has_compatible_shallow_copy_type));
  library.impl("_lazy_clone", TORCH_FN(lazy_clone));
  library.impl("record_stream", TORCH_FN(record_stream));
}

}  // namespace torchdevice::kernels

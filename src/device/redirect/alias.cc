#include "device/redirect/alias.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/TensorImpl.h>

#include <cstddef>

#include "device/allocator.h"
#include "device/freelist.h"

namespace torchdevice {
namespace {

using HostStorage = c10::intrusive_ptr<c10::StorageImpl>;

/// Forms pointers to TensorImpl's protected members, as a derived class may. Never constructed.
struct Members : c10::TensorImpl {
  static constexpr auto kKeySet = &Members::key_set_;
  static constexpr auto kDevice = &Members::device_opt_;
  static constexpr auto kStorage = &Members::storage_;
};

/// A host TensorImpl that can take the shape of one tensor after another.
class AliasImpl final : public c10::TensorImpl {
 public:
  AliasImpl()
      : c10::TensorImpl(c10::DispatchKeySet(c10::DispatchKey::CPU), caffe2::TypeMeta::Make<float>(),
                        c10::Device(c10::kCPU)) {}

  void bind(const c10::TensorImpl& source, HostStorage host) {
    copy_generic_tensor_metadata(&source, this);
    key_set_ = host_keys(source.key_set(), host->device_type());
    device_opt_ = host->device();
    storage_ = c10::Storage(std::move(host));
  }

  void unbind() noexcept {
    storage_ = c10::Storage();
    extra_meta_.reset();
  }

 private:
  static c10::DispatchKeySet host_keys(c10::DispatchKeySet keys, c10::DeviceType host) {
    const auto backend =
        host == c10::kCPU ? c10::BackendComponent::CPUBit : c10::BackendComponent::MPSBit;
    return (keys.remove_backend(c10::BackendComponent::CUDABit) - c10::python_ks) |
           c10::DispatchKeySet(backend);
  }
};

/// A CUDA storage whose own memory is reused: one is made and destroyed for each new result.
class CudaStorage final : public c10::StorageImpl {
 public:
  using c10::StorageImpl::StorageImpl;

  static void* operator new(std::size_t size);
  static void operator delete(void* memory) noexcept;
};

/// Room for one CudaStorage.
struct alignas(CudaStorage) CudaStorageRoom {
  std::byte bytes[sizeof(CudaStorage)];
};

}  // namespace

template <>
struct FreelistTraits<CudaStorageRoom> : SlabTraits<CudaStorageRoom> {};

namespace {

void* CudaStorage::operator new(std::size_t /*size*/) { return Freelist<CudaStorageRoom>::take(); }

void CudaStorage::operator delete(void* memory) noexcept {
  Freelist<CudaStorageRoom>::put(static_cast<CudaStorageRoom*>(memory));
}

c10::DispatchKeySet cuda_keys(c10::DispatchKeySet keys) {
  return keys.remove_backend(c10::BackendComponent::CPUBit)
             .remove_backend(c10::BackendComponent::MPSBit) |
         c10::DispatchKeySet(c10::BackendComponent::CUDABit);
}

/// A host storage over memory that is not ours. It keeps the CUDA storage alive.
HostStorage borrow(c10::StorageImpl* cuda) {
  c10::raw::intrusive_ptr::incref(cuda);
  c10::DataPtr data(
      const_cast<void*>(cuda->data()), cuda,
      [](void* owner) { c10::raw::intrusive_ptr::decref(static_cast<c10::StorageImpl*>(owner)); },
      c10::Device(c10::kCPU));
  return c10::make_intrusive<c10::StorageImpl>(
      c10::StorageImpl::use_byte_size_t(), static_cast<int64_t>(cuda->nbytes()), std::move(data),
      c10::GetCPUAllocator(), cuda->resizable());
}

HostStorage host_of(c10::StorageImpl* cuda) {
  auto* host = host_storage(cuda->data_ptr());
  return host != nullptr ? HostStorage::reclaim_copy(host) : borrow(cuda);
}

c10::Storage new_cuda_storage(HostStorage host, c10::DeviceIndex device) {
  const auto bytes = static_cast<int64_t>(host->nbytes());
  return c10::Storage(c10::make_intrusive<CudaStorage>(c10::StorageImpl::use_byte_size_t(), bytes,
                                                       wrap_host_storage(std::move(host), device),
                                                       allocator(), /*resizable=*/true));
}

/// A kernel gave the host storage other memory: the CUDA storage shows and counts it.
void refresh(c10::StorageImpl* cuda, const c10::Storage& host) {
  auto owned = HostStorage::reclaim_copy(host.unsafeGetStorageImpl());
  const auto device = cuda->device().index();
  const auto bytes = owned->nbytes();
  cuda->set_data_ptr_noswap(wrap_host_storage(std::move(owned), device));
  cuda->set_nbytes(bytes);
}

}  // namespace

template <>
struct FreelistTraits<AliasImpl> {
  static AliasImpl* make() { return c10::make_intrusive<AliasImpl>().release(); }
  static void destroy(AliasImpl* item) noexcept {
    c10::intrusive_ptr<AliasImpl>::reclaim(item).reset();
  }
};

at::Tensor make_alias(const at::Tensor& original) {
  auto* impl = original.unsafeGetTensorImpl();
  if (!impl->is_cuda() || !impl->has_storage()) return original;
  auto* cuda = impl->unsafe_storage().unsafeGetStorageImpl();
  auto* alias = Freelist<AliasImpl>::take();
  alias->bind(*impl, host_of(cuda));
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(alias));
}

void release_alias(const at::Tensor& original, at::Tensor& alias) noexcept {
  auto impl = alias.unsafeReleaseIntrusivePtr();
  if (impl.get() == original.unsafeGetTensorImpl()) return;
  auto* pooled = static_cast<AliasImpl*>(impl.get());
  if (impl.use_count() != 1 || pooled->pyobj_slot()->load_pyobj() != nullptr) return;
  pooled->unbind();
  impl.release();
  Freelist<AliasImpl>::put(pooled);
}

void write_back(const at::Tensor& original, const at::Tensor& alias) {
  auto* impl = original.unsafeGetTensorImpl();
  auto* changed = alias.unsafeGetTensorImpl();
  if (impl == changed) return;
  auto* cuda = impl->unsafe_storage().unsafeGetStorageImpl();
  const auto& host = changed->unsafe_storage();
  auto* own = host_storage(cuda->data_ptr());
  if (own != nullptr && own != host.unsafeGetStorageImpl()) {
    impl->*Members::kStorage = new_cuda_storage(
        HostStorage::reclaim_copy(host.unsafeGetStorageImpl()), cuda->device().index());
  } else if (host.nbytes() != cuda->nbytes() || host.data() != cuda->data()) {
    refresh(cuda, host);
  }
  if (changed->sizes() != impl->sizes() || changed->strides() != impl->strides() ||
      changed->storage_offset() != impl->storage_offset()) {
    impl->set_sizes_and_strides(changed->sizes(), changed->strides(), changed->storage_offset());
  }
  // `out=` of some linalg operators comes back conjugated (lu_solve).
  if (changed->is_conj() != impl->is_conj()) impl->_set_conj(changed->is_conj());
  if (changed->is_neg() != impl->is_neg()) impl->_set_neg(changed->is_neg());
}

void restamp(at::Tensor& result, c10::DeviceIndex device, const c10::Storage* storage) {
  auto* impl = result.unsafeGetTensorImpl();
  TORCH_CHECK_NOT_IMPLEMENTED(impl->layout() == c10::kStrided && impl->has_storage(),
                              "TorchDevice: a ", impl->layout(),
                              " result on the virtual CUDA device is not supported");
  if (result.use_count() != 1) {
    result = at::Tensor(impl->shallow_copy_and_detach(c10::VariableVersion(0),
                                                      /*allow_tensor_metadata_change=*/true));
    impl = result.unsafeGetTensorImpl();
  }
  auto& own = impl->*Members::kStorage;
  own = storage != nullptr
            ? *storage
            : new_cuda_storage(HostStorage::reclaim(own.unsafeReleaseStorageImpl()), device);
  impl->*Members::kKeySet = cuda_keys(impl->key_set());
  impl->*Members::kDevice = c10::Device(c10::kCUDA, device);
}

}  // namespace torchdevice

#include "device/redirect/call.h"

#include <ATen/core/op_registration/adaption.h>

#include "device/allocator.h"
#include "device/generator.h"
#include "device/redirect/alias.h"

namespace torchdevice {
namespace {

bool is_set(uint64_t mask, uint32_t index) { return (mask >> index & 1) != 0; }

/// What the generated wrapper of a CUDA build does: `out=` arguments first, then the positional
/// ones, each against the first defined tensor.
void check_exact_same(const Plan& plan, VisitTensors visit) {
  std::optional<c10::Device> common;
  for (const bool out : {true, false}) {
    visit([&](const at::Tensor& tensor, uint32_t index) {
      if (is_set(plan.out, index) != out || is_set(plan.unchecked, index)) return;
      c10::impl::check_and_update_common_device(common, tensor, plan.method,
                                                plan.argument_names[index]);
    });
  }
}

/// TensorIteratorBase::compute_types: the common device is that of the first tensor that is not on
/// the CPU, outputs before inputs.
void check_tensor_iterator(const Plan& plan, VisitTensors visit) {
  std::optional<c10::Device> common;
  for (const bool written : {true, false}) {
    visit([&](const at::Tensor& tensor, uint32_t index) {
      if (is_set(plan.written, index) == written && !common && !tensor.is_cpu()) {
        common = tensor.device();
      }
    });
  }
  if (!common) return;
  int scalars = 0;
  for (const bool written : {true, false}) {
    visit([&](const at::Tensor& tensor, uint32_t index) {
      if (is_set(plan.written, index) != written) return;
      if (!written && tensor.dim() == 0 && tensor.is_cpu()) {
        TORCH_CHECK(scalars == 0, "Trying to pass too many CPU scalars to non-CPU kernel!");
        ++scalars;
      } else {
        TORCH_CHECK(tensor.device() == *common,
                    "Expected all tensors to be on the same device, but found at least two "
                    "devices, ",
                    *common, " and ", tensor.device(), "!");
      }
    });
  }
}

/// native/TensorAdvancedIndexing.cpp: `self` is argument 0, `indices` 1, `values` 2.
void check_index(const Plan& plan, VisitTensors visit) {
  std::optional<c10::Device> self;
  visit([&](const at::Tensor& tensor, uint32_t index) {
    if (index == 0) self = tensor.device();
    if (index == 1) {
      TORCH_CHECK(tensor.is_cpu() || tensor.device() == self, "indices should be either on ",
                  c10::kCPU, " or on the same device as the indexed tensor (", *self, ")");
    }
    if (index >= 2 && !(tensor.is_cpu() && tensor.dim() == 0 && !is_set(plan.written, index))) {
      TORCH_CHECK(tensor.device() == self,
                  "Expected all tensors to be on the same device, but found at least two devices, ",
                  *self, " and ", tensor.device(), "!");
    }
  });
}

/// native/Convolution.cpp, check_input_same_type_as_parameters, for a CUDA input: `input` is
/// argument 0, `weight` 1, `bias` 2.
void check_convolution(const at::Tensor& input, VisitTensors visit) {
  visit([&](const at::Tensor& tensor, uint32_t index) {
    if (index != 1 && index != 2) return;
    TORCH_CHECK(input.options().type_equal(tensor.options()), "Input type (", input.toString(),
                ") and ", index == 1 ? "weight" : "bias", " type (", tensor.toString(),
                ") should be the same");
  });
}

/// The first tensor argument.
const at::Tensor& first_tensor(VisitTensors visit) {
  const at::Tensor* first = nullptr;
  visit([&](const at::Tensor& tensor, uint32_t /*index*/) {
    if (first == nullptr) first = &tensor;
  });
  return *first;
}

const c10::Storage* find_storage(const c10::StorageImpl* host, VisitAliases visit) {
  const c10::Storage* found = nullptr;
  visit([&](const at::Tensor& original, at::Tensor& alias, uint32_t /*index*/) {
    if (found != nullptr || !alias.defined() || original.is_same(alias)) return;
    if (alias.unsafeGetTensorImpl()->unsafe_storage().unsafeGetStorageImpl() == host) {
      found = &original.unsafeGetTensorImpl()->unsafe_storage();
    }
  });
  return found;
}

const at::Tensor* find_original(const at::Tensor& result, VisitAliases visit) {
  const at::Tensor* found = nullptr;
  visit([&](const at::Tensor& original, at::Tensor& alias, uint32_t /*index*/) {
    if (found == nullptr && alias.is_same(result)) found = &original;
  });
  return found;
}

/// The CUDA storage of an earlier result on the same host storage.
const c10::Storage* find_storage(const c10::StorageImpl* host, at::ArrayRef<at::Tensor*> earlier) {
  for (const auto* result : earlier) {
    if (!result->defined() || !result->has_storage()) continue;
    const auto& storage = result->unsafeGetTensorImpl()->unsafe_storage();
    if (host_storage(storage.unsafeGetStorageImpl()->data_ptr()) == host) return &storage;
  }
  return nullptr;
}

void finish_result(at::Tensor& result, at::ArrayRef<at::Tensor*> earlier, const Call& call,
                   VisitAliases visit) {
  const auto& impl = *result.unsafeGetTensorImpl();
  const auto* host = impl.has_storage() ? impl.unsafe_storage().unsafeGetStorageImpl() : nullptr;
  // A storage that nobody else holds belongs to no argument and no other result.
  if (host != nullptr && impl.unsafe_storage().use_count() == 1) {
    restamp(result, call.device, nullptr);
  } else if (const auto* original = find_original(result, visit)) {
    result = *original;
  } else {
    const auto* storage = host == nullptr ? nullptr : find_storage(host, visit);
    if (storage == nullptr) storage = find_storage(host, earlier);
    restamp(result, call.device, storage);
  }
}

}  // namespace

bool check_devices(const Plan& plan, VisitTensors visit) {
  switch (plan.device_check) {
    case DeviceCheck::kNone:
      return true;
    case DeviceCheck::kExactSame:
      check_exact_same(plan, visit);
      return true;
    case DeviceCheck::kTensorIterator:
      check_tensor_iterator(plan, visit);
      return true;
    case DeviceCheck::kIndex:
      check_index(plan, visit);
      return true;
    case DeviceCheck::kConvolution:
      // With an input on the CPU it is decomposed: which error comes depends on the sizes.
      if (!first_tensor(visit).is_cuda()) return false;
      check_convolution(first_tensor(visit), visit);
      check_exact_same(plan, visit);
      return true;
    case DeviceCheck::kComposite:
      return false;
  }
  return true;
}

void check_dtype(const Plan& plan, VisitTensors visit) {
  const auto dtype = first_tensor(visit).scalar_type();
  TORCH_CHECK_NOT_IMPLEMENTED(!is_set(plan.refused, static_cast<uint32_t>(dtype)), '"',
                              plan.cuda_kernel, "\" not implemented for '", c10::toString(dtype),
                              "'");
}

std::optional<at::Generator> generator_for(std::optional<at::Generator> passed, const Call& call) {
  const bool own = call.plan.served == Served::kOwnKernel;
  if (call.device < 0) {
    TORCH_CHECK(!own || !passed.has_value() || !passed->defined() || passed->device().is_cpu(),
                "Expected a 'cpu' device type for generator but found 'cuda'");
    return passed;
  }
  auto generator =
      passed.has_value() && passed->defined() ? *passed : default_generator(call.device);
  TORCH_CHECK(generator.device().is_cuda(),
              "Expected a 'cuda' device type for generator but found '", generator.device().type(),
              "'");
  if (own) return generator;
  return static_cast<CudaGenerator*>(generator.unsafeGetGeneratorImpl())->host_generator();
}

void write_back_all(const Call& call, VisitAliases visit) {
  visit([&](const at::Tensor& original, at::Tensor& alias, uint32_t index) {
    if (is_set(call.plan.written, index) && alias.defined()) write_back(original, alias);
  });
}

void finish_results(at::ArrayRef<at::Tensor*> results, const Call& call, VisitAliases visit) {
  if (call.device < 0) return;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]->defined()) finish_result(*results[i], results.slice(0, i), call, visit);
  }
}

}  // namespace torchdevice

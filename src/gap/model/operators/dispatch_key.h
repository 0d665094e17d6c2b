#pragma once

#include <array>
#include <string_view>

/// Dispatch keys by name, as native_functions.yaml names them.
namespace torchdevice::gap {

/// The keys under which one kernel serves many others, in the order in which the dispatcher asks
/// them.
inline constexpr std::array<std::string_view, 4> kCompositeKeys = {
    "CompositeExplicitAutogradNonFunctional", "CompositeExplicitAutograd",
    "CompositeImplicitAutogradNestedTensor", "CompositeImplicitAutograd"};

/// Whether a kernel at `composite` serves tensors of the backend key `key`: "CUDA", "SparseCsrMPS".
/// False for keys that are no backend's.
bool serves(std::string_view composite, std::string_view key);

/// Whether torchgen writes kernels of structured operators for the key.
bool is_structured_key(std::string_view key);

}  // namespace torchdevice::gap

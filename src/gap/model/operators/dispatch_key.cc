#include "gap/model/operators/dispatch_key.h"

#include <algorithm>

namespace torchdevice::gap {
namespace {

constexpr std::array<std::string_view, 15> kBackends = {
    "CPU", "CUDA", "HIP",  "XLA",  "MTIA",        "MPS",         "IPU",        "XPU",
    "HPU", "VE",   "Lazy", "Meta", "PrivateUse1", "PrivateUse2", "PrivateUse3"};
// Before their beginnings.
constexpr std::array<std::string_view, 4> kFunctionalities = {"SparseCsr", "Sparse", "Quantized",
                                                              "NestedTensor"};
constexpr std::array<std::string_view, 5> kBackendKeys = {"FPGA", "Vulkan", "Metal", "MkldnnCPU",
                                                          "CustomRNGKeyId"};
constexpr std::array<std::string_view, 5> kStructuredKeys = {"CPU", "CUDA", "MPS", "XPU", "MTIA"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

bool is_structured_key(std::string_view key) { return contains(kStructuredKeys, key); }

bool serves(std::string_view composite, std::string_view key) {
  std::string_view backend = key;
  std::string_view functionality;
  for (const std::string_view candidate : kFunctionalities) {
    if (key.starts_with(candidate)) {
      functionality = candidate;
      backend.remove_prefix(candidate.size());
      break;
    }
  }
  if (!contains(kBackends, backend) && !contains(kBackendKeys, key)) {
    return false;
  }
  const bool nested = functionality == "NestedTensor";
  if (composite == "CompositeExplicitAutogradNonFunctional") {
    return !nested && functionality != "Sparse" && backend != "XLA" && backend != "Lazy";
  }
  if (composite == "CompositeExplicitAutograd") {
    return !nested;
  }
  if (composite == "CompositeImplicitAutogradNestedTensor") {
    return nested;
  }
  return composite == "CompositeImplicitAutograd";
}

}  // namespace torchdevice::gap

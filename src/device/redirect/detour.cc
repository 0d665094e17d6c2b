#include "device/redirect/detour.h"

#include <ATen/ops/copy.h>
#include <ATen/ops/resize.h>
#include <ATen/ops/to.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace torchdevice {
namespace {

using std::string_view;

/// A dtype in which a CPU kernel is missing that CUDA has. Kernel and dtype are spelled as in
/// `"kernel" not implemented for 'dtype'`. Found by comparing `dtypesIfCUDA` with what the CPU
/// raises over all of PyTorch's OpInfo database.
struct Gap {
  string_view kernel;
  string_view dtype;
  c10::ScalarType narrow;
  c10::ScalarType wide;
};
constexpr Gap kGaps[] = {
    {"abs_cpu", "Bool", c10::kBool, c10::kByte},
    {"trace", "Bool", c10::kBool, c10::kByte},
    {"histogram_cpu", "Byte", c10::kByte, c10::kDouble},
    {"histogram_cpu", "Char", c10::kChar, c10::kDouble},
    {"histogram_cpu", "Short", c10::kShort, c10::kDouble},
    {"histogram_cpu", "Int", c10::kInt, c10::kDouble},
    {"histogram_cpu", "Long", c10::kLong, c10::kDouble},
};

/// Kernels that CUDA lacks in the half dtypes as well.
constexpr std::array<string_view, 2> kNoHalfOnCuda = {"ctc_loss_cpu",
                                                      "random_full_64_bits_range_kernel_cuda"};

/// The part of `text` between the first `open` and the next `close`.
string_view between(string_view text, string_view open, string_view close) {
  const auto start = text.find(open);
  if (start == string_view::npos) return {};
  const auto rest = text.substr(start + open.size());
  return rest.substr(0, rest.find(close));
}

}  // namespace

c10::SmallVector<Detour::Widening, 2> Detour::widenings_for(const c10::Error& error) {
  const string_view message = error.what_without_backtrace();
  const auto kernel = between(message, "\"", "\"");
  const auto dtype = between(message, "not implemented for '", "'");
  if (std::find(kNoHalfOnCuda.begin(), kNoHalfOnCuda.end(), kernel) != kNoHalfOnCuda.end()) {
    return {};
  }
  if (dtype == "Half" || dtype == "ComplexHalf" ||
      message.find("FFT doesn't support tensors of type: Half") != string_view::npos) {
    return {{c10::kHalf, c10::kFloat}, {c10::kComplexHalf, c10::kComplexFloat}};
  }
  if (dtype == "BFloat16") return {{c10::kBFloat16, c10::kFloat}};
  for (const auto& gap : kGaps) {
    if (gap.kernel == kernel && gap.dtype == dtype) return {{gap.narrow, gap.wide}};
  }
  return {};
}

void Detour::begin(const c10::Error& error, VisitAliases visit) {
  auto state = std::make_unique<State>(State{widenings_for(error), {}});
  bool widened = false;
  visit([&](const at::Tensor& /*original*/, at::Tensor& alias, uint32_t /*index*/) {
    at::Tensor replaced;
    for (const auto& [narrow, wide] : state->widenings) {
      if (!replaced.defined() && alias.defined() && alias.scalar_type() == narrow) {
        replaced = std::exchange(alias, alias.to(wide));
        widened = true;
      }
    }
    state->aliases.push_back(std::move(replaced));
  });
  if (!widened) throw;
  state_ = std::move(state);
}

void Detour::narrow(at::ArrayRef<at::Tensor*> results) const {
  for (auto* result : results) {
    for (const auto& [narrow, wide] : state_->widenings) {
      if (result->defined() && result->scalar_type() == wide) *result = result->to(narrow);
    }
  }
}

void Detour::end(const Call& call, VisitAliases visit) {
  std::size_t next = 0;
  visit([&](const at::Tensor& /*original*/, at::Tensor& alias, uint32_t index) {
    auto& narrow = state_->aliases[next++];
    if (!narrow.defined()) return;
    if ((call.plan.written >> index & 1) != 0) {
      if (narrow.sizes() != alias.sizes()) narrow.resize_(alias.sizes());
      narrow.copy_(alias);
    }
    alias = std::move(narrow);
  });
}

}  // namespace torchdevice

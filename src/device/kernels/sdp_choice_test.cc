#include "device/kernels/sdp_choice.h"

#include <ATen/Context.h>
#include <ATen/SDPBackend.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace torchdevice::kernels {
namespace {

using at::SDPBackend;

/// Switches on just the given implementations, as torch.nn.attention.sdpa_kernel does.
class Only {
 public:
  explicit Only(std::initializer_list<SDPBackend> backends) {
    set([&](SDPBackend backend) {
      return std::find(backends.begin(), backends.end(), backend) != backends.end();
    });
  }
  ~Only() {
    set([](SDPBackend) { return true; });
  }

 private:
  template <class Enabled>
  static void set(Enabled enabled) {
    auto& context = at::globalContext();
    context.setSDPUseFlash(enabled(SDPBackend::flash_attention));
    context.setSDPUseMemEfficient(enabled(SDPBackend::efficient_attention));
    context.setSDPUseCuDNN(enabled(SDPBackend::cudnn_attention));
    context.setSDPUseMath(enabled(SDPBackend::math));
  }
};

struct Call {
  at::ScalarType dtype = at::kHalf;
  int64_t keys = 16;
  int64_t size = 8;
  std::optional<at::Tensor> mask = {};
  double dropout = 0;
  bool causal = false;
};

SDPBackend choose(const Call& call) {
  const at::Tensor query = at::ones({2, 4, 16, call.size}, call.dtype);
  const at::Tensor key = at::ones({2, 4, call.keys, call.size}, call.dtype);
  return static_cast<SDPBackend>(
      fused_sdp_choice(query, key, key, call.mask, call.dropout, call.causal, std::nullopt, false));
}

TEST(SdpChoice, IsThatOfACudaDeviceWhereTheHostHasAFusedKernel) {
  EXPECT_EQ(choose({.dtype = at::kHalf}), SDPBackend::flash_attention);
  EXPECT_EQ(choose({.dtype = at::kBFloat16, .causal = true}), SDPBackend::flash_attention);
  EXPECT_EQ(choose({.dtype = at::kFloat}), SDPBackend::efficient_attention);
  EXPECT_EQ(choose({.mask = at::zeros({16, 16}, at::kHalf)}), SDPBackend::efficient_attention);
  EXPECT_EQ(choose({.keys = 20, .causal = true}), SDPBackend::efficient_attention);
}

TEST(SdpChoice, IsMathWhereTheHostHasNoFusedKernel) {
  EXPECT_EQ(choose({.dropout = 0.1}), SDPBackend::math);
  EXPECT_EQ(choose({.keys = 0}), SDPBackend::math);
  EXPECT_EQ(choose({.mask = at::zeros({16, 16}).set_requires_grad(true)}), SDPBackend::math);
}

TEST(SdpChoice, FollowsTheUser) {
  {
    const Only flash({SDPBackend::flash_attention});
    EXPECT_EQ(choose({.dropout = 0.1}), SDPBackend::flash_attention);
    EXPECT_EQ(choose({.size = 5}), SDPBackend::flash_attention);
    EXPECT_THROW(choose({.dtype = at::kFloat}), c10::Error);
  }
  {
    const Only cudnn({SDPBackend::cudnn_attention});
    EXPECT_EQ(choose({}), SDPBackend::cudnn_attention);
  }
  const Only math({SDPBackend::math});
  EXPECT_EQ(choose({}), SDPBackend::math);
}

TEST(SdpChoice, SaysWhyNothingFits) {
  const Only efficient({SDPBackend::efficient_attention});
  try {
    choose({.keys = 0});
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_STREQ(error.what_without_backtrace(), "No available kernel. Aborting execution.");
  }
}

}  // namespace
}  // namespace torchdevice::kernels

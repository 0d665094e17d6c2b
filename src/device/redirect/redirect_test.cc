// The redirect through PyTorch's C++ interface. The oracle is the same operator on the CPU.

#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index.h>
#include <ATen/ops/max.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "device/allocator.h"
#include "device/generator.h"

namespace torchdevice {
namespace {

const at::Device kCuda0(at::kCUDA, 0);
const at::Device kCuda1(at::kCUDA, 1);

testing::AssertionResult same(const at::Tensor& cuda, const at::Tensor& cpu) {
  if (!cuda.is_cuda()) return testing::AssertionFailure() << "is on " << cuda.device();
  if (cuda.sizes() != cpu.sizes() || cuda.strides() != cpu.strides()) {
    return testing::AssertionFailure() << cuda.sizes() << ", not " << cpu.sizes();
  }
  if (!cuda.cpu().equal(cpu)) return testing::AssertionFailure() << cuda << "\nnot\n" << cpu;
  return testing::AssertionSuccess();
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(Redirect, ResultsAreTheHostsAndOnTheDevice) {
  const auto x = at::randn({3, 4});
  const auto y = at::randn({4, 5});
  EXPECT_TRUE(same(at::mm(x.cuda(), y.cuda()), at::mm(x, y)));
  EXPECT_TRUE(same(at::cat({x.cuda(), x.cuda()}, 1), at::cat({x, x}, 1)));
  const auto [values, indices] = at::sort(x.cuda(), 1);
  EXPECT_TRUE(same(values, std::get<0>(at::sort(x, 1))));
  EXPECT_TRUE(same(indices, std::get<1>(at::sort(x, 1))));
  EXPECT_EQ(at::mm(x.to(kCuda1), y.to(kCuda1)).device(), kCuda1);
}

TEST(Redirect, InPlaceKeepsIdentityAndMemory) {
  auto x = at::ones({2, 2}, kCuda0);
  const auto* impl = x.unsafeGetTensorImpl();
  const auto* data = x.const_data_ptr();
  auto& returned = x.add_(1);
  EXPECT_EQ(&returned, &x);
  EXPECT_EQ(x.unsafeGetTensorImpl(), impl);
  EXPECT_EQ(x.const_data_ptr(), data);
  EXPECT_TRUE(same(x, at::ones({2, 2}).add_(1)));
}

TEST(Redirect, ViewsShareTheCudaStorage) {
  auto x = at::zeros({3, 4}, kCuda0);
  auto row = x.select(0, 1);
  EXPECT_TRUE(row.is_alias_of(x));
  row.fill_(7);
  EXPECT_EQ(x.sum().item<float>(), 28);
}

TEST(Redirect, OutIsResizedInPlace) {
  auto out = at::empty({0}, kCuda0);
  auto& returned = at::add_out(out, at::ones({2, 3}, kCuda0), at::ones({2, 3}, kCuda0));
  EXPECT_EQ(&returned, &out);
  EXPECT_TRUE(same(out, at::ones({2, 3}).add_(1)));
  EXPECT_EQ(out.storage().nbytes(), 24U);
}

TEST(Redirect, ResizeShowsTheNewMemoryToEveryView) {
  auto x = at::arange(4, at::TensorOptions(kCuda0).dtype(at::kFloat));
  const auto view = x.view({4});
  x.resize_({100});
  EXPECT_EQ(x.const_data_ptr(), view.const_data_ptr());
  x.narrow(0, 0, 4).add_(1);
  EXPECT_TRUE(same(view, at::arange(1, 5, at::kFloat)));
}

TEST(Redirect, MemoryThatIsNotOursIsUsedInPlace) {
  std::vector<float> memory = {1, 2, 3};
  auto x = at::from_blob(memory.data(), {3}, at::TensorOptions(kCuda0).dtype(at::kFloat));
  x.mul_(2);
  EXPECT_EQ(memory, (std::vector<float>{2, 4, 6}));
  EXPECT_TRUE(same(at::add(x, x), at::arange(4, 13, 4).to(at::kFloat)));
}

/// The texts of the wrappers that torchgen generates for a CUDA build, and of TensorIterator.
TEST(Redirect, MixedDevicesRaiseAsOnCuda) {
  const auto cuda = at::ones({2, 2}, kCuda0);
  const auto cpu = at::ones({2, 2});
  EXPECT_EQ(error_of([&] { at::mm(cuda, cpu); }),
            "Expected all tensors to be on the same device, but got mat2 is on cpu, different from "
            "other tensors on cuda:0 (when checking argument in method wrapper_CUDA_mm)");
  EXPECT_EQ(error_of([&] { at::add(cuda, cuda.to(kCuda1)); }),
            "Expected all tensors to be on the same device, but found at least two devices, cuda:0 "
            "and cuda:1!");
  EXPECT_EQ(error_of([&] { at::add(cuda, cpu.sum()); }), "");
  EXPECT_EQ(error_of([&] { cuda.index({at::zeros({1}, at::kLong)}); }), "");
}

TEST(Redirect, RandomNumbersComeFromTheCudaGenerator) {
  auto generator = new_generator(0);
  generator.set_current_seed(5);
  const auto first = at::randn({8}, generator, kCuda0);
  const auto second = at::randn({8}, generator, kCuda0);
  generator.set_current_seed(5);
  EXPECT_TRUE(same(at::randn({8}, generator, kCuda0), first.cpu()));
  EXPECT_FALSE(first.equal(second));
}

/// Integer matrix products: CUDA has no kernel, the CPU has.
TEST(Redirect, RefusesDtypesThatCudaRefuses) {
  const auto x = at::ones({2, 2}, at::TensorOptions(kCuda0).dtype(at::kLong));
  EXPECT_EQ(error_of([&] { at::mm(x, x); }), "\"addmm_cuda\" not implemented for 'Long'");
}

/// Threads share tensors for reading, and storages by disjoint views for writing. Nothing is left.
TEST(Redirect, ThreadsShareTensorsAndStorages) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 200;
  const auto before = allocator()->getDeviceStats(0).allocated_bytes[0].current;
  {
    const auto shared = at::ones({4, 4}, kCuda0);
    const auto sum = at::zeros({kThreads, 4}, kCuda0);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds; ++i) {
          sum.select(0, t).add_(at::mm(shared, shared).select(1, t % 4));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(same(sum, at::ones({kThreads, 4}).mul_(4 * kRounds)));
  }
  EXPECT_EQ(allocator()->getDeviceStats(0).allocated_bytes[0].current, before);
}

}  // namespace
}  // namespace torchdevice

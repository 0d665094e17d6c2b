#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "device/kernels/host_kernels.h"

namespace torchdevice::kernels {
namespace {

class MatmulDtype : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override { at::manual_seed(0); }
  at::Tensor random(at::IntArrayRef shape) const { return at::randn(shape).to(GetParam()); }
};

/// The float product of half operands is not rounded to half.
at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  return at::matmul(a.to(at::kFloat), b.to(at::kFloat));
}

TEST_P(MatmulDtype, ProductsAreFloat) {
  const at::Tensor a = random({4, 5});
  const at::Tensor b = random({5, 6});
  EXPECT_TRUE(at::equal(mm_dtype(a, b, at::kFloat), product(a, b)));

  const at::Tensor batch_a = random({2, 4, 5});
  const at::Tensor batch_b = random({2, 5, 6});
  EXPECT_TRUE(at::equal(bmm_dtype(batch_a, batch_b, at::kFloat), product(batch_a, batch_b)));

  at::Tensor out = at::empty({4, 6});
  EXPECT_TRUE(mm_dtype_out(a, b, at::kFloat, out).is_same(out));
  EXPECT_TRUE(at::equal(out, product(a, b)));
}

TEST_P(MatmulDtype, SumsTakeAnAddendOfEitherType) {
  const at::Tensor a = random({4, 5});
  const at::Tensor b = random({5, 6});
  const at::Tensor added = at::randn({4, 6});
  EXPECT_TRUE(at::allclose(addmm_dtype(added, a, b, at::kFloat, 0.5, 2),
                           added * 0.5 + product(a, b) * 2, 1e-5, 1e-6));
  const at::Tensor narrow = random({2, 4, 6});
  EXPECT_TRUE(at::allclose(
      baddbmm_dtype(narrow, a.expand({2, 4, 5}), b.expand({2, 5, 6}), at::kFloat, 1, 1),
      narrow.to(at::kFloat) + product(a, b), 1e-5, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, MatmulDtype, ::testing::Values(at::kHalf, at::kBFloat16));

TEST(MatmulDtypeErrors, OtherTypesAreRefused) {
  const at::Tensor a = at::ones({2, 2});
  EXPECT_THROW(mm_dtype(a, a, at::kDouble), c10::Error);
  EXPECT_THROW(mm_dtype(a, a.to(at::kHalf), at::kFloat), c10::Error);
  at::Tensor out = at::empty({2, 2}, at::kHalf);
  EXPECT_THROW(mm_dtype_out(a.to(at::kHalf), a.to(at::kHalf), at::kFloat, out), c10::Error);
}

}  // namespace
}  // namespace torchdevice::kernels

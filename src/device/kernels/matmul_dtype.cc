#include <ATen/core/Tensor.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/mm.h>
#include <c10/util/Exception.h>

#include "device/kernels/host_kernels.h"

// Matrix products with `out_dtype`: half and bfloat16 operands, accumulated and returned in float,
// as aten/src/ATen/native/cuda/Blas.cpp.

namespace torchdevice::kernels {
namespace {

void check_out_dtype(at::ScalarType operand, at::ScalarType out_dtype) {
  TORCH_CHECK(out_dtype == operand ||
                  (out_dtype == at::kFloat && (operand == at::kHalf || operand == at::kBFloat16)),
              "out_dtype must be the same as input dtype or fp32 for fp16/bf16 inputs");
}

void check_out(const at::Tensor& out, at::ScalarType out_dtype) {
  TORCH_CHECK(out_dtype == out.scalar_type(),
              "out_dtype must be the same as the dtype of the provided out tensor");
}

void check_added(const at::Tensor& self, at::ScalarType operand, at::ScalarType out_dtype,
                 const char* operand_name) {
  TORCH_CHECK(self.scalar_type() == out_dtype || self.scalar_type() == operand,
              "self dtype must match either out_dtype or ", operand_name, " dtype");
}

at::Tensor& store(const at::Tensor& result, at::ScalarType out_dtype, at::Tensor& out) {
  check_out(out, out_dtype);
  at::native::resize_output(out, result.sizes());
  return out.copy_(result);
}

}  // namespace

at::Tensor mm_dtype(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype) {
  TORCH_CHECK(self.dim() == 2, "self must be a matrix, got ", self.dim(), "-D tensor");
  TORCH_CHECK(mat2.dim() == 2, "mat2 must be a matrix, got ", mat2.dim(), "-D tensor");
  TORCH_CHECK(self.size(1) == mat2.size(0), "mat1 and mat2 shapes cannot be multiplied (",
              self.size(0), "x", self.size(1), " and ", mat2.size(0), "x", mat2.size(1), ")");
  TORCH_CHECK(self.scalar_type() == mat2.scalar_type(), "input dtypes must be the same");
  check_out_dtype(self.scalar_type(), out_dtype);
  return at::mm(self.to(out_dtype), mat2.to(out_dtype));
}

at::Tensor& mm_dtype_out(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype,
                         at::Tensor& out) {
  return store(mm_dtype(self, mat2, out_dtype), out_dtype, out);
}

at::Tensor bmm_dtype(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype) {
  TORCH_CHECK(self.scalar_type() == mat2.scalar_type(), "input dtypes must be the same");
  check_out_dtype(self.scalar_type(), out_dtype);
  return at::bmm(self.to(out_dtype), mat2.to(out_dtype));
}

at::Tensor& bmm_dtype_out(const at::Tensor& self, const at::Tensor& mat2, at::ScalarType out_dtype,
                          at::Tensor& out) {
  return store(bmm_dtype(self, mat2, out_dtype), out_dtype, out);
}

at::Tensor addmm_dtype(const at::Tensor& self, const at::Tensor& mat1, const at::Tensor& mat2,
                       at::ScalarType out_dtype, const at::Scalar& beta, const at::Scalar& alpha) {
  TORCH_CHECK(mat1.scalar_type() == mat2.scalar_type(),
              "mat1 and mat2 must have the same dtype, but got ", mat1.scalar_type(), " and ",
              mat2.scalar_type());
  check_out_dtype(mat1.scalar_type(), out_dtype);
  check_added(self, mat1.scalar_type(), out_dtype, "mat1");
  return at::addmm(self.to(out_dtype), mat1.to(out_dtype), mat2.to(out_dtype), beta, alpha);
}

at::Tensor& addmm_dtype_out(const at::Tensor& self, const at::Tensor& mat1, const at::Tensor& mat2,
                            at::ScalarType out_dtype, const at::Scalar& beta,
                            const at::Scalar& alpha, at::Tensor& out) {
  return store(addmm_dtype(self, mat1, mat2, out_dtype, beta, alpha), out_dtype, out);
}

at::Tensor baddbmm_dtype(const at::Tensor& self, const at::Tensor& batch1, const at::Tensor& batch2,
                         at::ScalarType out_dtype, const at::Scalar& beta,
                         const at::Scalar& alpha) {
  TORCH_CHECK(batch1.scalar_type() == batch2.scalar_type(), "input dtypes must be the same");
  check_out_dtype(batch1.scalar_type(), out_dtype);
  check_added(self, batch1.scalar_type(), out_dtype, "batch1");
  return at::baddbmm(self.to(out_dtype), batch1.to(out_dtype), batch2.to(out_dtype), beta, alpha);
}

at::Tensor& baddbmm_dtype_out(const at::Tensor& self, const at::Tensor& batch1,
                              const at::Tensor& batch2, at::ScalarType out_dtype,
                              const at::Scalar& beta, const at::Scalar& alpha, at::Tensor& out) {
  return store(baddbmm_dtype(self, batch1, batch2, out_dtype, beta, alpha), out_dtype, out);
}

}  // namespace torchdevice::kernels

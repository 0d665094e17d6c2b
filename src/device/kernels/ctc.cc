#include <ATen/core/Tensor.h>

#include "device/kernels/host_kernels.h"

// On CUDA `ctc_loss` asks whether a vendor's kernel applies before it takes PyTorch's own. There is
// no cuDNN and no MIOpen here: the answer is no.

namespace torchdevice::kernels {

bool use_vendor_ctc_loss(const at::Tensor& /*log_probs*/, const at::Tensor& /*targets*/,
                         at::IntArrayRef /*input_lengths*/, at::IntArrayRef /*target_lengths*/,
                         int64_t /*blank*/) {
  return false;
}

bool use_vendor_ctc_loss_tensor(const at::Tensor& /*log_probs*/, const at::Tensor& /*targets*/,
                                const at::Tensor& /*input_lengths*/,
                                const at::Tensor& /*target_lengths*/, int64_t /*blank*/) {
  return false;
}

}  // namespace torchdevice::kernels

#include "device/kernels/native_kernels.h"

#include "device/kernels/lstm.h"
#include "device/kernels/sdp_choice.h"

namespace torchdevice::kernels {

void register_native_kernels() {
  install_sdp_choice();
  static auto* library =
      new torch::Library(torch::Library::IMPL, "aten", c10::DispatchKey::CUDA, __FILE__, __LINE__);
  register_factories(*library);
  register_views(*library);
  register_storage_operators(*library);
  register_lstm(*library);
  static auto* autograd = new torch::Library(torch::Library::IMPL, "aten",
                                             c10::DispatchKey::AutogradCUDA, __FILE__, __LINE__);
  register_lstm(*autograd);
}

}  // namespace torchdevice::kernels

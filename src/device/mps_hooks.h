#pragma once

namespace torchdevice {

/// Puts a wrapper in front of the registered MPS hooks that denies being built; nothing happens
/// where there are none. at::getAccelerator throws "Cannot have both CUDA and MPS" when both hooks
/// say isBuilt(), and with it CPU backward(), DataLoader and pin_memory(). MPS tensors do not
/// depend on that answer. Must run before ATen first asks for the hooks, which it does while
/// `torch._C` starts.
void hide_mps_hooks();

}  // namespace torchdevice

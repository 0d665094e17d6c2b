#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <c10/util/SmallVector.h>

#include <memory>

#include "device/redirect/call.h"

namespace torchdevice {

/// CUDA has kernels for some dtypes (Half, mostly) where the CPU has none. Then the call is made
/// once more with those arguments in a wider dtype, and what comes out is rounded. Costs one null
/// pointer unless a host kernel raised.
class Detour {
 public:
  bool active() const { return state_ != nullptr; }

  /// Puts wider copies in the place of the aliases whose dtype the kernel lacks. Rethrows `error`,
  /// which must be the one being handled, when it is not about a dtype that CUDA has.
  void begin(const c10::Error& error, VisitAliases visit);

  /// Rounds results that came out in a wider dtype.
  void narrow(at::ArrayRef<at::Tensor*> results) const;

  /// Puts the aliases back, and into the written ones what their wider copies hold.
  void end(const Call& call, VisitAliases visit);

 private:
  struct Widening {
    c10::ScalarType narrow;
    c10::ScalarType wide;
  };
  struct State {
    c10::SmallVector<Widening, 2> widenings;
    /// One for each alias: what stood there, or undefined if it was not widened.
    c10::SmallVector<at::Tensor, 8> aliases;
  };
  static c10::SmallVector<Widening, 2> widenings_for(const c10::Error& error);

  std::unique_ptr<State> state_;
};

}  // namespace torchdevice

#pragma once

#include <cstdint>

#include "device/report.h"

namespace torchdevice {

/// How CUDA's own kernel of an operator reacts to arguments on different devices.
enum class DeviceCheck : uint8_t {
  /// It accepts them, or checks in a way of its own (`copy_`).
  kNone,
  /// `device_check: ExactSame` of native_functions.yaml: the generated wrapper compares all tensor
  /// arguments (c10/core/impl: check_and_update_common_device).
  kExactSame,
  /// TensorIterator compares them; one 0-dim CPU tensor may stand in (TensorIterator.cpp,
  /// compute_types).
  kTensorIterator,
  /// As kTensorIterator, but index tensors may be on the CPU (native/TensorAdvancedIndexing.cpp).
  kIndex,
  /// As kExactSame, and before that the types of input, weight and bias (native/Convolution.cpp).
  kConvolution,
  /// The operator is a composite: with mixed devices it is decomposed, and its parts check.
  kComposite,
};

/// What the redirect must know of one operator, worked out when it is registered. Argument numbers
/// are those of the schema.
struct Plan {
  /// Full name with overload, e.g. "aten::add.Tensor".
  const char* name;
  /// The generated wrapper's name in a CUDA build, as its error messages show it.
  const char* method;
  /// Names of the arguments, in order.
  const char* const* argument_names;
  DeviceCheck device_check;
  Served served;
  /// Bit i: argument i is written (in place, or `out=`).
  uint64_t written;
  /// Bit i: argument i is an `out=` argument; CUDA's wrapper checks these first.
  uint64_t out;
  /// Bit i: argument i is keyword only and not `out=`; CUDA's wrapper does not check these.
  uint64_t unchecked;
  /// Bit t: CUDA has no kernel for the c10::ScalarType t of the first tensor, though the host has.
  uint64_t refused = 0;
  /// The kernel's name in the error that CUDA raises then.
  const char* cuda_kernel = nullptr;
};

}  // namespace torchdevice

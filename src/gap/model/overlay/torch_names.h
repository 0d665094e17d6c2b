#pragma once

#include <string>
#include <string_view>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"

namespace torchdevice::gap {

/// The dotted name under which users know a module or class of PyTorch: "torch.Tensor" of
/// torch._tensor.Tensor. Private ones keep their own. Empty for what is not PyTorch's.
std::string torch_name(Interpreter& interpreter, Value* owner);

/// torch.cuda.FloatTensor and its kin, which torch._C makes when it is loaded: no source has them.
bool is_compiled_type(std::string_view path);

/// "torch", "torch.cuda".
bool is_torch_path(std::string_view path);

}  // namespace torchdevice::gap

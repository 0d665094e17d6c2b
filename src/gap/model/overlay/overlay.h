#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/signature/compare.h"
#include "gap/model/signature/signature.h"
#include "gap/model/surface/surface.h"
#include "gap/read/torch_source.h"

namespace torchdevice::gap {

enum class PatchKind : std::uint8_t {
  Replace,  ///< by something that does not call the original
  Wrap,     ///< by something that calls the original
  Mock,     ///< by something that ignores its arguments: a constant, `lambda *a, **k: None`
  Add,      ///< a name that the original does not have
  Delete,
  ModuleSwap,  ///< a module in sys.modules or an attribute, by another module
  Binding,     ///< a name of torch._C, supplied by a C++ extension
  Kernel,      ///< an operator's kernel at a dispatch key, registered in C++
  Fallback,    ///< a boxed fallback of a dispatch key
  Override,    ///< a virtual of a hook or guard interface
};
std::string_view to_string(PatchKind kind);

/// One thing that a subject does to PyTorch.
struct Patch {
  std::string target;  ///< "torch.cuda.is_available"; "aten::add.Tensor@CUDA";
                       ///< "CUDAHooksInterface::isBuilt"
  PatchKind kind = PatchKind::Replace;
  std::string file;
  std::uint32_t line = 0;
  std::string how;          ///< "assignment", "setattr", "loop", "decorator", "m.impl", …
  std::string condition;    ///< as written; empty: always
  bool reached = true;      ///< false: only in a function that nothing in the subject calls
  bool temporary = false;   ///< undone by the same context manager
  std::string replacement;  ///< "torch_npu.contrib.transfer_to_npu.wrapper"; "a constant: True"
  std::vector<Signature> replacement_signatures;  ///< what a caller meets
  std::vector<Signature> original_signatures;
  Comparison comparison;
  std::string superseded_by;  ///< "file:line" of the later patch of the same target
};

struct UnknownPatch {
  std::string what;    ///< "setattr(torch, <name>, …)"
  std::string reason;  ///< "the name comes from os.environ"
  std::string place;
};

struct Overlay {
  std::string subject;  ///< as given
  TorchIdentity torch;
  std::vector<Patch> patches;  ///< in order of execution, by file
  std::vector<UnknownPatch> unknown;
  std::vector<std::string> problems;
};

/// Reads what the package or sources at `subject` (folder, wheel, file) do to PyTorch. Throws
/// ReadError.
Overlay read_overlay(const std::string& subject, const TorchSource& torch, unsigned threads);

}  // namespace torchdevice::gap

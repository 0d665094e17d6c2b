#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/signature/compare.h"

namespace torchdevice::gap {

/// Values that a subject put on attributes, by the attribute's name: where it saved originals.
using SavedNames = std::unordered_multimap<std::string_view, Value*>;

/// What a replacement does with a call, as its body tells.
struct WrapperFacts {
  bool calls_original = false;
  /// What becomes of its `*args` and `**kwargs`; None where it has neither.
  Forwarding forwarding = Forwarding::None;
  /// A function of the subject that it hands `*args` and `**kwargs` to, in place of the original.
  Value* forwards_to = nullptr;
  /// It ignores its arguments and returns a constant: that constant as written, else empty.
  std::string constant;
  /// Parameters and keywords that it changes before it calls the original.
  std::vector<std::string> changed;
};

/// Studies the function that a call of `replacement` ends in: itself, the function of a partial or
/// bound method, the `__call__` of an instance. `originals`: what the name stood for before, each
/// earlier replacement included.
WrapperFacts study_wrapper(Interpreter& interpreter, Value* replacement,
                           std::span<Value* const> originals, const SavedNames& saved);

}  // namespace torchdevice::gap

#pragma once

#include <optional>
#include <string>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/signature/signature.h"

namespace torchdevice::gap {

/// What a class is called by.
struct Constructor {
  /// The method that decides: a metaclass's `__call__`, a `__new__` or `__init__`. Null where the
  /// class has none in sources.
  Value* method = nullptr;
  /// In place of a method: what dataclass, NamedTuple, Enum and Protocol generate, or `()` of a
  /// class that has no constructor of its own. Without `self`.
  std::optional<Signature> generated;
  /// Why neither is known: "inherited from builtins.dict, which is not read".
  std::string unknown;
};

/// Decides as inspect.signature does.
Constructor constructor_of(Interpreter& interpreter, Value* cls);

}  // namespace torchdevice::gap

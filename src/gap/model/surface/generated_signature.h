#pragma once

#include <optional>
#include <string_view>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/signature/signature.h"

namespace torchdevice::gap {

/// The `__init__` that `@dataclass` writes for the class, without `self`, fields of dataclasses
/// among its bases first. Nothing where it is no dataclass, or one with `init=False`.
std::optional<Signature> dataclass_signature(Interpreter& interpreter, Value* cls);

/// The constructor of a `class X(NamedTuple)` or `namedtuple("X", …)`, without `cls`. Nothing where
/// it is none.
std::optional<Signature> namedtuple_signature(const Class& cls);

/// Calling an enumeration: `EnumType.__call__`.
Signature enum_signature(const Class& cls);

/// Whether the dotted name is `name` of the standard library's `module`, and how it is spelled
/// there: "typing.Protocol", "typing_extensions.Protocol".
bool is_typing_name(std::string_view path, std::string_view name);

}  // namespace torchdevice::gap

#pragma once

#include <string_view>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

/// The value of a name of the standard library that the interpreter knows: sys.version_info,
/// sys.platform, typing.TYPE_CHECKING, … Null for any other.
Value* known_value(Machine& machine, std::string_view path);

/// Whether a call of it gives a decorator: functools.wraps, warnings.deprecated.
bool is_decorator_factory(std::string_view path);

using Builtin = Value* (*)(Machine & machine, BuiltinCall& call);
/// What a call of a name of the standard library means; null where it is not modelled.
Builtin find_standard_function(std::string_view path);
/// What methods of built-in types mean: "str.join", "list.append", "namespace.update".
Builtin find_string_method(std::string_view path);
Builtin find_container_method(std::string_view path);
/// zip, enumerate, sorted, map, … over known values.
Builtin find_iteration_function(std::string_view path);
/// unittest.mock, pytest's monkeypatch.
Builtin find_mock_function(std::string_view path);

}  // namespace torchdevice::gap

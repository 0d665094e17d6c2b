#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::gap {

/// A name of a module or class that is meant for users.
struct PublicName {
  std::string_view name;
  PublicBy by = PublicBy::Convention;
  Definition definition;  ///< as bound: not forced; no place where only `__getattr__` knows it
  std::vector<Definition> alternatives;  ///< under conditions that exclude the definition's
};

/// The public names of a module: its `__all__`; without one, the `__all__` of its stub, and the
/// names without a leading underscore that are defined there and not imported. A name listed in
/// `__all__` of which nothing is known, and every reason why the list may be longer, go to
/// `unknown`.
std::vector<PublicName> public_names(Interpreter& interpreter, Value* module,
                                     std::vector<UnknownName>& unknown);

/// The public members of a class: those of its body and of its private bases, in the order of the
/// MRO. What it has from a public base is listed at that one. `is_public` tells of a class.
std::vector<PublicName> public_members(Interpreter& interpreter, Value* cls,
                                       const std::function<bool(const Value*)>& is_public);

/// No component begins with an underscore.
bool is_public_path(std::string_view dotted);

/// `__x__`.
bool is_special_name(std::string_view name);

}  // namespace torchdevice::gap

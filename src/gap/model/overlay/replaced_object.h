#pragma once

#include <string>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/value.h"
#include "gap/model/overlay/wrapper.h"
#include "gap/model/signature/compare.h"
#include "gap/model/surface/object_signatures.h"

namespace torchdevice::gap {

/// What stands on one side of a patch, ready to be compared.
struct ReplacedObject {
  ComparedObject::Kind kind = ComparedObject::Kind::Value;
  bool known = false;  ///< false: sources do not tell what it is
  std::vector<Signature> signatures;
  std::vector<std::string> members;
  bool all_members_known = true;
  std::string unknown;  ///< why its signatures are not known

  /// A view: valid as long as the object.
  ComparedObject compared() const { return {kind, signatures, members, all_members_known}; }
};

/// What the original is to those who call it: as inspect.signature tells.
ReplacedObject original_object(Interpreter& interpreter, SignatureReader& reader, Value* value,
                               const std::string& name);

/// What a caller of a replacement meets: a wrapper's own parameters, whatever functools.wraps says
/// of it; those of the function that it hands all its arguments to, if that is not the original.
ReplacedObject replacement_object(Interpreter& interpreter, SignatureReader& reader, Value* value,
                                  const std::string& name, const WrapperFacts& facts);

/// "pkg.module.function", "a constant: True", "a lambda": for people.
std::string describe_replacement(Interpreter& interpreter, Value* value, const WrapperFacts& facts);

}  // namespace torchdevice::gap

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/surface/object_signatures.h"
#include "gap/model/surface/public_names.h"
#include "gap/model/surface/surface.h"

namespace torchdevice::gap {

/// Fills the parts of a SurfaceName that the object itself tells: kind, definition, condition,
/// decorators, bases and signatures.
class Describer {
 public:
  Describer(Interpreter& interpreter, SignatureReader& signatures)
      : interpreter_(interpreter), signatures_(signatures) {}

  /// `stub`: the stub beside the module that the name stands in, as a Module value, or null.
  /// `is_member`: it stands in a class. What is not known goes to `unknown`.
  SurfaceName describe(const std::string& path, const PublicName& name, Value* stub, bool is_member,
                       std::vector<UnknownName>& unknown);

 private:
  void add_signatures(SurfaceName& entry, const PublicName& name, Value* stub,
                      std::vector<UnknownName>& unknown);

  Interpreter& interpreter_;
  SignatureReader& signatures_;
};

}  // namespace torchdevice::gap

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/signature/signature.h"
#include "gap/model/surface/scope.h"
#include "gap/read/torch_source.h"

namespace torchdevice::gap {

enum class NameKind : std::uint8_t {
  Module,
  Class,
  Function,
  Builtin,  ///< a function or class that is defined in C
  Method,   ///< also static and class methods
  Property,
  Attribute,
  Alias,  ///< another public path of an object listed under `alias_of`
};
std::string_view to_string(NameKind kind);
bool is_callable(NameKind kind);

/// Why a name is public.
enum class PublicBy : std::uint8_t {
  All,         ///< listed in its module's __all__
  Convention,  ///< no __all__ there; no leading underscore, and defined in that module
  Member,      ///< no leading underscore (or a special method), in a public class
  Scope,       ///< the scope names it
};
std::string_view to_string(PublicBy reason);

struct SurfaceName {
  std::string name;  ///< the public path: "torch.cuda.Stream.wait_event"
  NameKind kind = NameKind::Attribute;
  PublicBy public_by = PublicBy::Convention;
  std::string defined_as;  ///< where the definition stands: "torch.cuda.streams.Stream.wait_event"
  std::string alias_of;    ///< for Alias: the name of the entry that describes the object
  std::string file;
  std::uint32_t line = 0;
  std::string condition;           ///< the `if` or `except` it stands under, as written; or empty
  std::string deprecated;          ///< the message of @deprecated; "deprecated" where it has none
  std::vector<std::string> paths;  ///< every public path of the object, this one too; sorted
  std::vector<std::string> decorators;  ///< as written
  std::vector<std::string> bases;       ///< for a class: qualified names, as far as known
  std::vector<Signature> signatures;    ///< every overload
};

/// What cannot be known from sources.
struct UnknownName {
  std::string name;    ///< a name, or a module whose names these are
  std::string reason;  ///< "only defined when torch._C is loaded", …
  std::string place;   ///< "torch/__init__.py:1079"
};

struct Surface {
  TorchIdentity torch;
  std::vector<SurfaceName> names;  ///< sorted by name
  std::vector<UnknownName> unknown;
  std::vector<std::string> problems;  ///< files that could not be read: one line each, with place

  const SurfaceName* find(std::string_view name) const;
};

/// Reads the public surface of `scope`. The same result from an installed package, a wheel and a
/// checkout of the same release, but for what a build generates. Uses `threads` threads to parse.
///
/// A scope of a few modules is read without parsing the rest. Of an object's other paths, those are
/// then missing that sources outside the scope give it at second hand (alias_candidates.h), or as a
/// class's attribute; everything else is as from a wider scope.
Surface read_surface(const TorchSource& torch, const Scope& scope, unsigned threads);

}  // namespace torchdevice::gap

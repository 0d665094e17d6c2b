#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/signature/signature.h"

namespace torchdevice::gap {

enum class Verdict : std::uint8_t {
  Match,          ///< every overload of the original can be called as before, and means the same
  Mismatch,       ///< differences() says what
  Passthrough,    ///< takes anything and hands it to the original
  AcceptsAny,     ///< takes anything, and does not hand it on
  Absent,         ///< the original has no such name
  NotApplicable,  ///< not callable on both sides: a module, a constant
  Unknown,        ///< a signature is not known on one side
};
std::string_view to_string(Verdict verdict);

enum class DifferenceKind : std::uint8_t {
  ParameterMissing,
  ParameterRenamed,
  ParameterReordered,
  RequiredParameterAdded,
  OptionalParameterAdded,
  KindChanged,
  DefaultChanged,
  DefaultLost,         ///< optional in the original, required here
  DefaultAdded,        ///< required in the original, optional here
  SwallowedByVarArgs,  ///< only *args or **kwargs would take it, and it is not forwarded
  OverloadMissing,
  AnnotationChanged,
  ReturnAnnotationChanged,
  MemberMissing,  ///< a class replaced by one without this member
  NotCallable,    ///< a callable replaced by something that is not
  NotAClass,      ///< a class replaced by a function: isinstance and subclassing fail
  BecameModule,   ///< a function or class replaced by a module
};
std::string_view to_string(DifferenceKind kind);  ///< "parameter_missing", …

struct Difference {
  DifferenceKind what = DifferenceKind::ParameterMissing;
  std::string parameter;  ///< or member; empty where it is about the whole
  std::string detail;     ///< "`dim` was the 2nd, is the 3rd"; for people
  /// A call that is valid for the original now fails, or means something else.
  bool breaks_valid_calls = false;
};

/// What a replacement does with *args and **kwargs that it takes.
enum class Forwarding : std::uint8_t { None, Forwards, Unknown };

struct Comparison {
  Verdict verdict = Verdict::Unknown;
  std::vector<Difference> differences;
};

/// Compares what callers knew with what they now meet. Each overload of the original must be served
/// by some overload of the replacement; the differences are those to the nearest one. Where the
/// replacement serves some overloads, each other one is an OverloadMissing.
/// Guessed overloads of the original count only where it has no others.
/// A Match may have differences too: those that break no call.
Comparison compare_signatures(std::span<const Signature> original,
                              std::span<const Signature> replacement, Forwarding forwarding);

/// What stands behind a name, as far as a comparison asks.
struct ComparedObject {
  enum class Kind : std::uint8_t { Callable, Class, Module, Value } kind = Kind::Value;
  std::span<const Signature> signatures;  ///< of a class: its constructor's
  std::span<const std::string> members;   ///< of a class or module: its public names
  bool all_members_known = true;          ///< false: there may be more than `members`
};

/// Compares objects of any kind; callables as compare_signatures does.
Comparison compare_objects(const ComparedObject& original, const ComparedObject& replacement,
                           Forwarding forwarding);

}  // namespace torchdevice::gap

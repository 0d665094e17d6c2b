#include "gap/model/signature/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gap/model/signature/compare_parameters.h"

namespace torchdevice::gap {
namespace {

std::ptrdiff_t count_breaking(const std::vector<Difference>& differences) {
  return std::ranges::count(differences, true, &Difference::breaks_valid_calls);
}

/// The differences to the overload of `replacement` that is nearest to `original`.
std::vector<Difference> nearest(const Signature& original, std::span<const Signature> replacement,
                                Forwarding forwarding) {
  std::vector<Difference> best;
  bool first = true;
  for (const Signature& candidate : replacement) {
    std::vector<Difference> differences = compare_overload(original, candidate, forwarding);
    const auto distance = [](const std::vector<Difference>& list) {
      return std::pair(count_breaking(list), list.size());
    };
    if (first || distance(differences) < distance(best)) {
      best = std::move(differences);
      first = false;
    }
    if (best.empty()) {
      break;
    }
  }
  return best;
}

void append_new(std::vector<Difference>& all, std::vector<Difference> more) {
  for (Difference& difference : more) {
    const bool known = std::ranges::any_of(all, [&](const Difference& other) {
      return other.what == difference.what && other.parameter == difference.parameter &&
             other.detail == difference.detail;
    });
    if (!known) {
      all.push_back(std::move(difference));
    }
  }
}

/// `(*args, **kwargs)`, a `self` before it or not.
bool takes_anything(const Signature& signature) {
  std::span<const Parameter> parameters = signature.parameters;
  if (!parameters.empty() && (parameters[0].name == "self" || parameters[0].name == "cls")) {
    parameters = parameters.subspan(1);
  }
  return parameters.size() == 2 && parameters[0].kind == ParameterKind::VarPositional &&
         parameters[1].kind == ParameterKind::VarKeyword;
}

Comparison compare_with_anything(std::span<const Signature> original, const Signature& replacement,
                                 Forwarding forwarding) {
  if (forwarding == Forwarding::Forwards) {
    return {Verdict::Passthrough, {}};
  }
  Comparison comparison;
  comparison.verdict = forwarding == Forwarding::None ? Verdict::AcceptsAny : Verdict::Unknown;
  for (const Signature& overload : original) {
    append_new(comparison.differences, compare_overload(overload, replacement, forwarding));
  }
  return comparison;
}

Difference whole(DifferenceKind what, std::string detail) {
  return {what, "", std::move(detail), true};
}

void compare_members(const ComparedObject& original, const ComparedObject& replacement,
                     std::vector<Difference>& differences) {
  for (const std::string& member : original.members) {
    if (std::ranges::find(replacement.members, member) == replacement.members.end()) {
      differences.push_back({DifferenceKind::MemberMissing, member,
                             fmt::format("`{}` is missing", member),
                             replacement.all_members_known});
    }
  }
}

Verdict verdict_of(const std::vector<Difference>& differences) {
  return count_breaking(differences) > 0 ? Verdict::Mismatch : Verdict::Match;
}

bool is_callable(ComparedObject::Kind kind) {
  return kind == ComparedObject::Kind::Callable || kind == ComparedObject::Kind::Class;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Match:
      return "match";
    case Verdict::Mismatch:
      return "mismatch";
    case Verdict::Passthrough:
      return "passthrough";
    case Verdict::AcceptsAny:
      return "accepts_any";
    case Verdict::Absent:
      return "absent";
    case Verdict::NotApplicable:
      return "not_applicable";
    case Verdict::Unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::ParameterMissing:
      return "parameter_missing";
    case DifferenceKind::ParameterRenamed:
      return "parameter_renamed";
    case DifferenceKind::ParameterReordered:
      return "parameter_reordered";
    case DifferenceKind::RequiredParameterAdded:
      return "required_parameter_added";
    case DifferenceKind::OptionalParameterAdded:
      return "optional_parameter_added";
    case DifferenceKind::KindChanged:
      return "kind_changed";
    case DifferenceKind::DefaultChanged:
      return "default_changed";
    case DifferenceKind::DefaultLost:
      return "default_lost";
    case DifferenceKind::DefaultAdded:
      return "default_added";
    case DifferenceKind::SwallowedByVarArgs:
      return "swallowed_by_var_args";
    case DifferenceKind::OverloadMissing:
      return "overload_missing";
    case DifferenceKind::AnnotationChanged:
      return "annotation_changed";
    case DifferenceKind::ReturnAnnotationChanged:
      return "return_annotation_changed";
    case DifferenceKind::MemberMissing:
      return "member_missing";
    case DifferenceKind::NotCallable:
      return "not_callable";
    case DifferenceKind::NotAClass:
      return "not_a_class";
    case DifferenceKind::BecameModule:
      break;
  }
  return "became_module";
}

Comparison compare_signatures(std::span<const Signature> original,
                              std::span<const Signature> replacement, Forwarding forwarding) {
  if (original.empty() || replacement.empty()) {
    return {};
  }
  if (replacement.size() == 1 && takes_anything(replacement.front()) &&
      !std::ranges::all_of(original, takes_anything)) {
    return compare_with_anything(original, replacement.front(), forwarding);
  }
  const bool some_certain = std::ranges::any_of(
      original, [](const Signature& s) { return s.confidence != Confidence::Guessed; });
  std::vector<const Signature*> overloads;
  std::vector<std::vector<Difference>> by_overload;
  for (const Signature& overload : original) {
    if (!some_certain || overload.confidence != Confidence::Guessed) {
      overloads.push_back(&overload);
      by_overload.push_back(nearest(overload, replacement, forwarding));
    }
  }
  const bool some_served = std::ranges::any_of(
      by_overload, [](const auto& differences) { return count_breaking(differences) == 0; });
  Comparison comparison;
  for (std::size_t i = 0; i < overloads.size(); ++i) {
    std::vector<Difference>& differences = by_overload[i];
    if (some_served && count_breaking(differences) > 0) {
      const auto reason = std::ranges::find(differences, true, &Difference::breaks_valid_calls);
      differences = {whole(DifferenceKind::OverloadMissing,
                           fmt::format("`{}`: {}", overloads[i]->text(), reason->detail))};
    }
    append_new(comparison.differences, std::move(differences));
  }
  comparison.verdict = verdict_of(comparison.differences);
  return comparison;
}

Comparison compare_objects(const ComparedObject& original, const ComparedObject& replacement,
                           Forwarding forwarding) {
  using Kind = ComparedObject::Kind;
  if (is_callable(original.kind) && replacement.kind == Kind::Module) {
    return {Verdict::Mismatch, {whole(DifferenceKind::BecameModule, "a module stands there")}};
  }
  if (is_callable(original.kind) && replacement.kind == Kind::Value) {
    return {Verdict::Mismatch,
            {whole(DifferenceKind::NotCallable, "a value that cannot be called stands there")}};
  }
  if (!is_callable(original.kind)) {
    Comparison comparison{Verdict::NotApplicable, {}};
    if (original.kind == Kind::Module && replacement.kind == Kind::Module) {
      compare_members(original, replacement, comparison.differences);
      comparison.verdict = verdict_of(comparison.differences);
    }
    return comparison;
  }
  Comparison comparison =
      compare_signatures(original.signatures, replacement.signatures, forwarding);
  if (original.kind == Kind::Class) {
    std::vector<Difference> of_class;
    if (replacement.kind == Kind::Class) {
      compare_members(original, replacement, of_class);
    } else {
      of_class.push_back(
          whole(DifferenceKind::NotAClass, "no class: isinstance() and subclasses fail"));
    }
    if (count_breaking(of_class) > 0) {
      comparison.verdict = Verdict::Mismatch;
    }
    append_new(comparison.differences, std::move(of_class));
  }
  return comparison;
}

}  // namespace torchdevice::gap

#include "gap/model/signature/compare_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace torchdevice::gap {
namespace {

bool is_positional(ParameterKind kind) {
  return kind == ParameterKind::PositionalOnly || kind == ParameterKind::PositionalOrKeyword;
}

/// A parameter and what calls can do with it.
struct Slot {
  const Parameter* parameter = nullptr;
  std::size_t index = 0;  ///< among those that a position can reach
  bool by_position = false;
  bool by_keyword = false;
  bool matched = false;
};

/// The parameters of a signature by what calls can do with them.
struct Slots {
  std::vector<Slot> named;
  std::size_t positional = 0;
  const Parameter* var_positional = nullptr;
  const Parameter* var_keyword = nullptr;

  explicit Slots(const Signature& signature);
  Slot* find(std::string_view name);
  Slot* at(std::size_t index);
};

/// `self` and the like are never passed by name, and nor is `__x` in a stub (PEP 484).
bool hidden_name(std::string_view name, std::size_t index) {
  return (index == 0 && (name == "self" || name == "cls")) ||
         (name.starts_with("__") && !name.ends_with("__"));
}

Slots::Slots(const Signature& signature) {
  for (const Parameter& parameter : signature.parameters) {
    if (parameter.kind == ParameterKind::VarPositional) {
      var_positional = &parameter;
    } else if (parameter.kind == ParameterKind::VarKeyword) {
      var_keyword = &parameter;
    } else {
      Slot& slot = named.emplace_back();
      slot.parameter = &parameter;
      slot.by_position = is_positional(parameter.kind);
      slot.index = slot.by_position ? positional++ : 0;
      slot.by_keyword = parameter.kind == ParameterKind::KeywordOnly ||
                        (parameter.kind == ParameterKind::PositionalOrKeyword &&
                         !hidden_name(parameter.name, slot.index));
    }
  }
}

Slot* Slots::find(std::string_view name) {
  const auto found =
      std::ranges::find_if(named, [&](const Slot& slot) { return slot.parameter->name == name; });
  return found == named.end() ? nullptr : &*found;
}

Slot* Slots::at(std::size_t index) {
  const auto found = std::ranges::find_if(
      named, [&](const Slot& slot) { return slot.by_position && slot.index == index; });
  return found == named.end() ? nullptr : &*found;
}

std::string ordinal(std::size_t index) {
  const std::size_t n = index + 1;
  const bool teen = n % 100 >= 11 && n % 100 <= 13;
  const std::string_view suffix = teen || n % 10 > 3 || n % 10 == 0 ? "th"
                                  : n % 10 == 1                     ? "st"
                                  : n % 10 == 2                     ? "nd"
                                                                    : "rd";
  return fmt::format("{}{}", n, suffix);
}

/// Compares one pair of signatures.
class PairComparison {
 public:
  PairComparison(const Signature& original, const Signature& replacement, Forwarding forwarding)
      : original_(original),
        replacement_(replacement),
        forwarding_(forwarding),
        before_(original),
        after_(replacement) {}

  std::vector<Difference> run();

 private:
  void add(DifferenceKind what, std::string_view parameter, std::string detail, bool breaks) {
    differences_.push_back({what, std::string(parameter), std::move(detail), breaks});
  }
  void compare(Slot& before);
  void compare_by_name(const Slot& before, const Slot& after);
  void compare_default(const Parameter& before, const Parameter& after);
  void compare_annotation(const Parameter& before, const Parameter& after);
  void without_match(const Slot& before);
  void taken_by_rest(const Slot& before, bool position, bool keyword);
  void compare_rest();
  void compare_added();

  const Signature& original_;
  const Signature& replacement_;
  Forwarding forwarding_;
  Slots before_;
  Slots after_;
  std::vector<Difference> differences_;
};

std::vector<Difference> PairComparison::run() {
  for (Slot& slot : before_.named) {
    compare(slot);
  }
  compare_rest();
  compare_added();
  if (!original_.returns.empty() && !replacement_.returns.empty() &&
      original_.returns != replacement_.returns &&
      normalise_annotation(original_.returns) != normalise_annotation(replacement_.returns)) {
    add(DifferenceKind::ReturnAnnotationChanged, "",
        fmt::format("returned `{}`, returns `{}`", original_.returns, replacement_.returns), false);
  }
  return std::move(differences_);
}

void PairComparison::compare(Slot& before) {
  Slot* after = before.by_keyword ? after_.find(before.parameter->name) : after_.at(before.index);
  if (after == nullptr || after->matched) {
    without_match(before);
    return;
  }
  after->matched = true;
  if (before.by_keyword) {
    compare_by_name(before, *after);
  }
  compare_default(*before.parameter, *after->parameter);
  compare_annotation(*before.parameter, *after->parameter);
}

void PairComparison::compare_by_name(const Slot& before, const Slot& after) {
  const std::string& name = before.parameter->name;
  if (!after.by_keyword) {
    add(DifferenceKind::KindChanged, name,
        fmt::format("`{}` can no longer be passed by keyword", name), true);
  }
  if (before.by_position && !after.by_position) {
    const bool forwarded = after_.var_positional != nullptr && forwarding_ != Forwarding::None;
    add(DifferenceKind::KindChanged, name, fmt::format("`{}` became keyword-only", name),
        !forwarded);
  } else if (!before.by_position && after.by_position) {
    add(DifferenceKind::KindChanged, name,
        fmt::format("`{}` was keyword-only, can be passed by position", name), false);
  } else if (before.by_position && before.index != after.index) {
    add(DifferenceKind::ParameterReordered, name,
        fmt::format("`{}` was the {}, is the {}", name, ordinal(before.index),
                    ordinal(after.index)),
        true);
  }
}

void PairComparison::compare_default(const Parameter& before, const Parameter& after) {
  const std::string& name = before.name;
  if (before.required() && !after.required()) {
    add(DifferenceKind::DefaultAdded, name,
        fmt::format("`{}` was required, has the default `{}`", name, *after.default_value), false);
  } else if (!before.required() && after.required()) {
    add(DifferenceKind::DefaultLost, name,
        fmt::format("`{}` had the default `{}`, is required", name, *before.default_value), true);
  } else if (before.default_value && *before.default_value != *after.default_value) {
    // `...` in a stub: there is a default, and its value is not known.
    const std::string old_value = normalise_default(*before.default_value);
    const std::string new_value = normalise_default(*after.default_value);
    if (old_value != new_value && old_value != "..." && new_value != "...") {
      add(DifferenceKind::DefaultChanged, name,
          fmt::format("`{}` had the default `{}`, has `{}`", name, *before.default_value,
                      *after.default_value),
          true);
    }
  }
}

void PairComparison::compare_annotation(const Parameter& before, const Parameter& after) {
  if (!before.annotation.empty() && !after.annotation.empty() &&
      before.annotation != after.annotation &&
      normalise_annotation(before.annotation) != normalise_annotation(after.annotation)) {
    add(DifferenceKind::AnnotationChanged, before.name,
        fmt::format("`{}` was annotated `{}`, is annotated `{}`", before.name, before.annotation,
                    after.annotation),
        false);
  }
}

void PairComparison::without_match(const Slot& before) {
  const std::string& name = before.parameter->name;
  Slot* here = before.by_position ? after_.at(before.index) : nullptr;
  if (here != nullptr && !here->matched && before_.find(here->parameter->name) == nullptr) {
    here->matched = true;
    if (here->parameter->kind != ParameterKind::PositionalOnly) {
      add(DifferenceKind::ParameterRenamed, name,
          fmt::format("`{}` is named `{}`", name, here->parameter->name), true);
    } else {
      add(DifferenceKind::KindChanged, name,
          fmt::format("`{}` became positional-only, as `{}`", name, here->parameter->name), true);
    }
    compare_default(*before.parameter, *here->parameter);
    compare_annotation(*before.parameter, *here->parameter);
    return;
  }
  const bool position =
      !before.by_position || (here == nullptr && after_.var_positional != nullptr);
  const bool keyword = !before.by_keyword || after_.var_keyword != nullptr;
  taken_by_rest(before, position, keyword);
}

/// A parameter that the replacement does not name: `position` and `keyword` say whether `*args` and
/// `**kwargs` take it in the ways in which the original did.
void PairComparison::taken_by_rest(const Slot& before, bool position, bool keyword) {
  const std::string& name = before.parameter->name;
  if (position && keyword) {
    if (forwarding_ != Forwarding::Forwards) {
      const bool known = forwarding_ == Forwarding::None;
      add(DifferenceKind::SwallowedByVarArgs, name,
          fmt::format("`{}` is taken by *args or **kwargs and {}", name,
                      known ? "not handed on" : "it is not known whether it is handed on"),
          known);
    }
  } else if (before.by_position && before.by_keyword && (position || keyword)) {
    add(DifferenceKind::KindChanged, name,
        fmt::format("`{}` can no longer be passed by {}", name, position ? "keyword" : "position"),
        true);
  } else {
    add(DifferenceKind::ParameterMissing, name, fmt::format("`{}` is missing", name), true);
  }
}

/// `*args` and `**kwargs` themselves.
void PairComparison::compare_rest() {
  const auto compare_one = [this](const Parameter* before, const Parameter* after,
                                  std::string_view stars) {
    if (before != nullptr && after == nullptr) {
      const std::string name = fmt::format("{}{}", stars, before->name);
      add(DifferenceKind::ParameterMissing, name, fmt::format("`{}` is missing", name), true);
    } else if (before == nullptr && after != nullptr && forwarding_ == Forwarding::None) {
      const std::string name = fmt::format("{}{}", stars, after->name);
      add(DifferenceKind::OptionalParameterAdded, name, fmt::format("`{}` is new", name), false);
    }
  };
  compare_one(before_.var_positional, after_.var_positional, "*");
  compare_one(before_.var_keyword, after_.var_keyword, "**");
}

void PairComparison::compare_added() {
  for (const Slot& slot : after_.named) {
    if (slot.matched) {
      continue;
    }
    const Parameter& parameter = *slot.parameter;
    if (parameter.required()) {
      add(DifferenceKind::RequiredParameterAdded, parameter.name,
          fmt::format("`{}` is new and required", parameter.name), true);
    } else {
      add(DifferenceKind::OptionalParameterAdded, parameter.name,
          fmt::format("`{}` is new", parameter.name), false);
    }
  }
}

}  // namespace

std::vector<Difference> compare_overload(const Signature& original, const Signature& replacement,
                                         Forwarding forwarding) {
  return PairComparison(original, replacement, forwarding).run();
}

}  // namespace torchdevice::gap

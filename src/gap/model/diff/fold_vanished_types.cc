#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gap/model/diff/folding.h"
#include "gap/model/dotted_name.h"

namespace torchdevice::gap {

namespace {

using Words = std::set<std::string, std::less<>>;

/// "Dimname" of "Dimname[1]?".
std::string_view base_type(std::string_view type) {
  return type.substr(0, type.find_first_of("?[("));
}

std::set<std::string_view> types_of(const FunctionSchema& schema) {
  std::set<std::string_view> types;
  for (const OperatorArgument& argument : schema.arguments) {
    types.insert(base_type(argument.type));
  }
  for (const OperatorReturn& result : schema.returns) {
    types.insert(base_type(result.type));
  }
  return types;
}

std::set<std::string_view> types_of(const Operators& operators) {
  std::set<std::string_view> types;
  for (const Operator& op : operators.all()) {
    types.merge(types_of(op.schema));
  }
  return types;
}

/// The words of a name in snake case.
void add_words(Words& words, std::string_view name) {
  std::string word;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) {
    words.insert(std::move(word));
  }
}

/// Whether an overload that Python had may be the operator's: it has all its parameters, but for
/// `self`, which Python may call `input`, and results to write to.
bool may_call(const Signature& overload, const Operator& op) {
  return std::ranges::all_of(op.schema.arguments, [&](const OperatorArgument& argument) {
    return argument.out || argument.name == "self" ||
           std::ranges::find(overload.parameters, argument.name, &Parameter::name) !=
               overload.parameters.end();
  });
}

/// Everything that goes with one type.
class VanishedType {
 public:
  VanishedType(Folding& folding, std::string_view type)
      : folding_(folding),
        type_(type),
        cause_(folding.share(std::string(type),
                             fmt::format("no operator takes a {} any more", type), true)) {}

  void fold() {
    join_operators();
    join_python_names();
    split_overloads();
    join_by_words();
  }

 private:
  void join(std::size_t index, std::string because) {
    SingleChange& change = folding_.changes[index];
    change.changed.because = std::move(because);
    folding_.join_shared(cause_, index);
    owners_.emplace(change.old_operator != nullptr ? change.old_operator->name_space
                                                   : owner_of(change.changed.name));
  }

  bool is_member(std::size_t index) const {
    return folding_.set_of_change(index) == folding_.set_of_shared(cause_);
  }

  void join_operators() {
    for (std::size_t i = 0; i < folding_.changes.size(); ++i) {
      const Operator* op = folding_.changes[i].old_operator;
      if (op == nullptr || folding_.changes[i].changed.kind == ChangeKind::KernelsChanged ||
          !types_of(op->schema).contains(type_)) {
        continue;
      }
      join(i, fmt::format("takes a {}", type_));
      add_words(words_, op->schema.name);
      for (const OperatorArgument& argument : op->schema.arguments) {
        if (base_type(argument.type) == type_) {
          add_words(words_, argument.name);
        }
      }
      for (const std::string& name : python_names(*op)) {
        callers_[name].push_back(op);
        const SurfaceName* entry = folding_.old.surface.find(name);
        if (entry != nullptr) {
          const std::string& defined_as = described(folding_.old.surface, entry)->defined_as;
          if (!defined_as.empty() && defined_as != name) {
            callers_[defined_as].push_back(op);
          }
        }
      }
    }
  }

  /// The operators of this type that a name may call.
  const std::vector<const Operator*>* called_by(const SingleChange& change) const {
    auto found = callers_.find(change.changed.name);
    if (found == callers_.end()) {
      found = callers_.find(folding_.definition(change));
    }
    return found == callers_.end() ? nullptr : &found->second;
  }

  void join_python_names() {
    for (std::size_t i = 0; i < folding_.changes.size(); ++i) {
      const SingleChange& change = folding_.changes[i];
      if (change.changed.kind != ChangeKind::Removed || change.before == nullptr) {
        continue;
      }
      if (const auto* operators = called_by(change)) {
        join(i, because_of(*operators->front()));
      }
    }
  }

  std::string because_of(const Operator& op) const {
    return fmt::format("calls {}::{}, which takes a {}", op.name_space, op.schema.full_name(),
                       type_);
  }

  /// A function that lives on loses the overloads that took the type; what else changed in it is
  /// another change.
  void split_overloads() {
    const std::size_t count = folding_.changes.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (folding_.changes[i].changed.kind != ChangeKind::SignatureChanged ||
          folding_.changes[i].before == nullptr) {
        continue;
      }
      const auto* operators = called_by(folding_.changes[i]);
      if (operators == nullptr) {
        continue;
      }
      std::vector<const Signature*> gone;
      std::vector<const Signature*> others;
      for (const Signature* one : folding_.changes[i].lost) {
        const bool called = std::ranges::any_of(
            *operators, [&](const Operator* op) { return may_call(*one, *op); });
        (called ? gone : others).push_back(one);
      }
      if (gone.empty()) {
        continue;
      }
      SingleChange rest = folding_.changes[i];
      rest.lost = std::move(others);
      folding_.changes[i].lost = std::move(gone);
      folding_.changes[i].gained.clear();
      folding_.settled[i] = true;
      join(i, because_of(*operators->front()));
      if (!rest.lost.empty() || !rest.gained.empty()) {
        folding_.add(std::move(rest));
      }
    }
  }

  /// The words that names in `owner` have now.
  const Words& words_now(const std::string& owner, bool is_namespace_of_operators) {
    auto [known, is_new] = words_now_.try_emplace(owner);
    if (!is_new) {
      return known->second;
    }
    if (is_namespace_of_operators) {
      for (const Operator& op : folding_.now.operators->all()) {
        add_words(known->second, op.schema.name);
      }
    } else {
      for (const SurfaceName& name : folding_.now.surface.names) {
        if (owner_of(name.name) == owner) {
          add_words(known->second, simple_name(name.name));
        }
      }
    }
    return known->second;
  }

  /// Joins removed names that share a word with the members, in a class or module that has members
  /// and no longer has the word.
  void join_by_words() {
    for (std::size_t i = 0; i < folding_.changes.size(); ++i) {
      const SingleChange& change = folding_.changes[i];
      if (change.changed.kind != ChangeKind::Removed || is_member(i)) {
        continue;
      }
      const bool is_operator = change.old_operator != nullptr;
      const std::string owner(is_operator ? change.old_operator->name_space
                                          : owner_of(change.changed.name));
      if (!owners_.contains(owner)) {
        continue;
      }
      Words words;
      add_words(words,
                is_operator ? change.old_operator->schema.name : simple_name(change.changed.name));
      const Words& still_there = words_now(owner, is_operator);
      const auto shared = std::ranges::find_if(words, [&](const std::string& word) {
        return words_.contains(word) && !still_there.contains(word);
      });
      if (shared != words.end()) {
        join(i, fmt::format("has the word `{}` in common with what takes a {}, and nothing in {} "
                            "has it any more",
                            *shared, type_, owner));
      }
    }
  }

  Folding& folding_;
  std::string_view type_;
  std::size_t cause_;
  std::set<std::string, std::less<>> owners_;
  Words words_;  ///< of the operators' names and of the arguments that took the type
  std::map<std::string, std::vector<const Operator*>> callers_;
  std::map<std::string, Words> words_now_;
};

}  // namespace

void fold_vanished_types(Folding& folding) {
  if (folding.old.operators == nullptr || folding.now.operators == nullptr) {
    return;
  }
  const std::set<std::string_view> now = types_of(*folding.now.operators);
  for (const std::string_view type : types_of(*folding.old.operators)) {
    if (!now.contains(type)) {
      VanishedType(folding, type).fold();
    }
  }
}

}  // namespace torchdevice::gap

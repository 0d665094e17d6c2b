#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gap/model/diff/changes.h"

namespace torchdevice::gap {

namespace {

std::string qualified(const Operator& op) {
  return fmt::format("{}::{}", op.name_space, op.schema.full_name());
}

std::string place(const Operators& operators, const Operator* op) {
  return op == nullptr ? std::string() : fmt::format("{}:{}", operators.path(), op->line);
}

/// The schema as a signature, to be compared as calls are.
Signature as_signature(const FunctionSchema& schema) {
  Signature signature;
  for (const OperatorArgument& argument : schema.arguments) {
    signature.parameters.push_back(
        {argument.name,
         argument.keyword_only ? ParameterKind::KeywordOnly : ParameterKind::PositionalOrKeyword,
         argument.default_value, argument.type});
  }
  for (const OperatorReturn& result : schema.returns) {
    signature.returns += (signature.returns.empty() ? "" : ", ") + result.type;
  }
  signature.source = FactSource::Yaml;
  return signature;
}

std::set<std::string> keys_of(const Operators& operators) {
  std::set<std::string> keys;
  for (const Operator& op : operators.all()) {
    for (const Kernel& kernel : op.kernels) {
      keys.insert(kernel.key);
    }
  }
  return keys;
}

class OperatorComparison {
 public:
  OperatorComparison(const Operators& old, const Operators& now) : old_(old), now_(now) {
    keys_ = keys_of(old);
    keys_.merge(keys_of(now));
  }

  std::vector<SingleChange> run() {
    for (const Operator& before : old_.all()) {
      const Operator* after = now_.find(before.schema.full_name());
      if (after == nullptr) {
        ChangedName& removed = add(ChangeKind::Removed, &before, nullptr).changed;
        removed.was = before.schema.text();
        removed.breaks_valid_calls = true;
        continue;
      }
      compare_schemas(before, *after);
      compare_kernels(before, *after);
    }
    for (const Operator& after : now_.all()) {
      if (old_.find(after.schema.full_name()) == nullptr) {
        add(ChangeKind::Added, nullptr, &after).changed.now = after.schema.text();
      }
    }
    return std::move(changes_);
  }

 private:
  SingleChange& add(ChangeKind kind, const Operator* before, const Operator* after) {
    SingleChange change;
    change.changed.name = qualified(before != nullptr ? *before : *after);
    change.changed.kind = kind;
    change.changed.old_place = place(old_, before);
    change.changed.new_place = place(now_, after);
    change.old_operator = before;
    change.new_operator = after;
    return changes_.emplace_back(std::move(change));
  }

  void compare_schemas(const Operator& before, const Operator& after) {
    if (before.schema.arguments == after.schema.arguments &&
        before.schema.returns == after.schema.returns) {
      return;
    }
    ChangedName& changed = add(ChangeKind::SignatureChanged, &before, &after).changed;
    changed.was = before.schema.text();
    changed.now = after.schema.text();
    const Signature was = as_signature(before.schema);
    const Signature is = as_signature(after.schema);
    changed.differences = compare_signatures({&was, 1}, {&is, 1}, Forwarding::None).differences;
    changed.breaks_valid_calls =
        std::ranges::any_of(changed.differences, &Difference::breaks_valid_calls);
  }

  void compare_kernels(const Operator& before, const Operator& after) {
    std::vector<std::string> lost;
    std::vector<std::string> gained;
    for (const std::string& key : keys_) {
      const bool was = static_cast<bool>(old_.resolve(before, key));
      const bool is = static_cast<bool>(now_.resolve(after, key));
      if (was != is) {
        (was ? lost : gained).push_back(key);
      }
    }
    if (lost.empty() && gained.empty()) {
      return;
    }
    ChangedName& changed = add(ChangeKind::KernelsChanged, &before, &after).changed;
    changed.was = fmt::format("{}", fmt::join(lost, ", "));
    changed.now = fmt::format("{}", fmt::join(gained, ", "));
    changed.breaks_valid_calls = !lost.empty();
  }

  const Operators& old_;
  const Operators& now_;
  std::set<std::string> keys_;
  std::vector<SingleChange> changes_;
};

}  // namespace

std::vector<SingleChange> operator_changes(const Operators& old, const Operators& now) {
  return OperatorComparison(old, now).run();
}

std::vector<std::string> python_names(const Operator& op) {
  std::vector<std::string> names;
  const std::string& name = op.schema.name;
  if (op.is_method) {
    names.push_back("torch.Tensor." + name);
  }
  if (op.is_function) {
    if (!op.python_module.empty()) {
      names.push_back(fmt::format("torch._C._{}.{}", op.python_module, name));
    }
    const std::string prefix = op.python_module + "_";
    const bool in_module = !op.python_module.empty() && name.starts_with(prefix);
    names.push_back(in_module
                        ? fmt::format("torch.{}.{}", op.python_module, name.substr(prefix.size()))
                        : "torch." + name);
  }
  return names;
}

}  // namespace torchdevice::gap

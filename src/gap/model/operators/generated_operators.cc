#include "gap/model/operators/generated_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

// The rules are torchgen's (native_function_generation.py and FunctionSchema.signature), under its
// names.
namespace torchdevice::gap {
namespace {

constexpr std::array<std::string_view, 4> kTensorOptions = {"dtype", "layout", "device",
                                                            "pin_memory"};
constexpr std::array<std::string_view, 4> kTensorOptionTypes = {"ScalarType", "Layout", "Device",
                                                                "bool"};
constexpr std::array<std::string_view, 3> kInheritedTags = {"nondeterministic_seeded",
                                                            "pt2_compliant_tag", "view_copy"};

bool is_tensor_options(std::span<const OperatorArgument> arguments) {
  for (std::size_t at = 0; at < kTensorOptions.size(); ++at) {
    std::string_view type = arguments[at].type;
    type.remove_suffix(type.ends_with('?') ? 1 : 0);
    if (!arguments[at].keyword_only || arguments[at].name != kTensorOptions.at(at) ||
        type != kTensorOptionTypes.at(at)) {
      return false;
    }
  }
  return true;
}

/// The arguments of every variant: none to write to, no TensorOptions, no annotations.
std::vector<OperatorArgument> common_arguments(const FunctionSchema& schema) {
  std::vector<OperatorArgument> common;
  const std::span<const OperatorArgument> all = schema.arguments;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (at + kTensorOptions.size() <= all.size() &&
        is_tensor_options(all.subspan(at, kTensorOptions.size()))) {
      at += kTensorOptions.size() - 1;
    } else if (!all[at].out) {
      common.push_back(all[at]);
      common.back().alias.clear();
      // Note [bernoulli.p schema] in torchgen: one variant has the default, the others not.
      if (schema.full_name() == "bernoulli.p" && all[at].name == "p") {
        common.back().default_value = "0.5";
      }
    }
  }
  return common;
}

bool returns_alias(const FunctionSchema& schema, std::string_view alias) {
  return std::ranges::any_of(schema.returns,
                             [&](const auto& value) { return value.alias == alias; });
}

/// The schema that functional, in-place, out= and mutable variants of one operation have in common.
/// Named returns only where one is generated from it.
FunctionSchema functional_signature(const FunctionSchema& schema, bool keep_return_names) {
  BaseName name = parse_base_name(schema.name);
  name.inplace = false;
  name.functional = false;
  FunctionSchema signature{name.text(), "", common_arguments(schema), schema.returns};
  for (OperatorReturn& value : signature.returns) {
    value.alias.clear();
    value.name = keep_return_names ? value.name : "";
  }
  const auto add_written = [&](const OperatorArgument& argument) {
    if (argument.is_written() && !returns_alias(schema, argument.alias)) {
      signature.returns.push_back(
          {keep_return_names ? argument.name + "_out" : "", argument.type, ""});
    }
  };
  const auto is_self = [](const OperatorArgument& argument) {
    return argument.name == "self" && !argument.keyword_only;
  };
  const auto self = std::ranges::find_if(schema.arguments, is_self);
  if (self != schema.arguments.end()) {
    add_written(*self);
  }
  for (const OperatorArgument& argument : schema.arguments) {
    if (argument.out) {
      add_written(argument);
    }
  }
  for (auto at = self == schema.arguments.end() ? schema.arguments.begin() : self + 1;
       at != schema.arguments.end() && !at->keyword_only; ++at) {
    add_written(*at);
  }
  return signature;
}

/// Letters that no argument's annotation has.
std::vector<char> free_letters(const FunctionSchema& schema) {
  std::string used;
  for (const OperatorArgument& argument : schema.arguments) {
    used += argument.alias.substr(0, argument.alias.find(' '));
  }
  std::vector<char> letters;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    if (used.find(letter) == std::string::npos) {
      letters.push_back(letter);
    }
  }
  return letters;
}

/// Whether an out= variant has something to write to: self, or a tensor for each one returned.
bool can_have_out(const FunctionSchema& schema) {
  if (schema.kind() == SchemaKind::Inplace) {
    return std::ranges::find(schema.arguments, "self", &OperatorArgument::name) !=
           schema.arguments.end();
  }
  return schema.returns.size() <= free_letters(schema).size() &&
         std::ranges::any_of(schema.returns,
                             [](const auto& value) { return is_tensor_like(value.type); });
}

/// Turns returns that are tensors into arguments to write to.
void add_out_arguments(const FunctionSchema& base, FunctionSchema& out) {
  const std::vector<char> letters = free_letters(base);
  const bool all_tensors =
      std::ranges::all_of(base.returns, [](const auto& value) { return value.type == "Tensor"; });
  out.returns.clear();
  for (std::size_t at = 0; at < base.returns.size(); ++at) {
    const OperatorReturn& value = base.returns[at];
    if (!is_tensor_like(value.type)) {
      out.returns.push_back(value);
      continue;
    }
    const std::string alias = fmt::format("{}!", letters.at(at));
    const std::string name = base.returns.size() == 1 ? "out" : fmt::format("out{}", at);
    out.arguments.push_back({name, value.type, alias, std::nullopt, true, true});
    if (all_tensors) {
      out.returns.push_back({"", value.type, alias});
    }
  }
}

FunctionSchema out_schema(const FunctionSchema& base) {
  BaseName name = parse_base_name(base.name);
  name.inplace = false;
  name.functional = false;
  FunctionSchema out{name.text(), base.overload.empty() ? "out" : base.overload + "_out",
                     base.arguments, base.returns};
  switch (base.kind()) {
    case SchemaKind::Inplace: {
      const auto self = std::ranges::find(out.arguments, "self", &OperatorArgument::name);
      OperatorArgument written{"out", self->type, self->alias, std::nullopt, true, true};
      self->alias.clear();
      out.arguments.push_back(std::move(written));
      break;
    }
    case SchemaKind::Functional:
      out.arguments = common_arguments(base);
      add_out_arguments(base, out);
      break;
    default:
      add_out_arguments(base, out);
  }
  return out;
}

FunctionSchema functional_schema(const FunctionSchema& base) {
  FunctionSchema functional = functional_signature(base, true);
  BaseName name = parse_base_name(functional.name);
  name.functional = base.kind() == SchemaKind::Mutable;
  functional.name = name.text();
  functional.overload = base.overload;
  return functional;
}

Operator generate(const Operator& base, FunctionSchema schema) {
  const bool out = schema.kind() == SchemaKind::Out;
  std::string kernel = schema.name;
  if (out) {
    kernel += schema.overload.empty() ? "" : '_' + schema.overload;
  }
  const bool symint = std::ranges::any_of(base.schema.arguments, [](const auto& argument) {
    return !argument.out && is_symint_like(argument.type);
  });
  Operator op;
  op.name_space = base.name_space;
  op.schema = std::move(schema);
  op.kernels = {{"CompositeExplicitAutograd", kernel + (symint ? "_symint" : "")}};
  op.tags = {"generated"};
  if (out) {
    op.tags.emplace_back("out");
  }
  for (const std::string_view tag : kInheritedTags) {
    if (std::ranges::find(base.tags, tag) != base.tags.end()) {
      op.tags.emplace_back(tag);
    }
  }
  std::ranges::sort(op.tags);
  op.device_check = false;
  op.generated_from = base.schema.full_name();
  op.line = base.line;
  return op;
}

bool has_tag(const Operator& op, std::string_view tag) {
  return std::ranges::find(op.tags, tag) != op.tags.end();
}

bool is_view(const Operator& op) {
  const std::string name = op.schema.full_name();
  return std::ranges::any_of(op.schema.returns,
                             [](const auto& value) {
                               return !value.alias.empty() &&
                                      value.alias.find('!') == std::string::npos;
                             }) ||
         (has_tag(op, "inplace_view") && name != "resize_" && name != "resize_as_") ||
         std::ranges::any_of(op.schema.arguments,
                             [](const auto& argument) { return argument.alias.ends_with("-> *"); });
}

/// The variants of one operation that are listed.
using Variants = std::map<SchemaKind, const Operator*>;

/// What torchgen leaves alone: what bypasses the dispatcher, views, what decomposes anyway.
bool stays_alone(const Variants& variants) {
  bool views = false;
  bool core = false;
  bool decomposes = true;
  for (const auto& [kind, op] : variants) {
    views = views || (is_view(*op) && op->schema.name != "set_");
    core = core || has_tag(*op, "core");
    decomposes = decomposes && op->kernel("CompositeImplicitAutograd") != nullptr;
  }
  const bool only_out = variants.size() == 1 && variants.contains(SchemaKind::Out);
  return views || (decomposes && !core) || only_out;
}

void complete(const Variants& variants, std::vector<Operator>& generated) {
  const Operator* base = nullptr;
  for (const SchemaKind kind :
       {SchemaKind::Mutable, SchemaKind::Inplace, SchemaKind::Out, SchemaKind::Functional}) {
    if (const auto found = variants.find(kind); found != variants.end()) {
      base = found->second;
      break;
    }
  }
  // `polygamma_` and `polygamma` do not fit together: torchgen lists the first as an exception.
  if (base == nullptr || stays_alone(variants) || base->schema.full_name() == "polygamma_") {
    return;
  }
  const bool has_out = variants.contains(SchemaKind::Out);
  const bool named = std::ranges::any_of(
      base->autogen, [](const auto& name) { return name.find("out") != std::string::npos; });
  const bool gets_out = !has_out && named && can_have_out(base->schema);
  if (gets_out) {
    generated.push_back(generate(*base, out_schema(base->schema)));
  }
  if (!variants.contains(SchemaKind::Functional) && (has_out || gets_out)) {
    generated.push_back(generate(*base, functional_schema(base->schema)));
  }
}

}  // namespace

std::vector<Operator> generated_operators(const std::vector<Operator>& listed) {
  std::unordered_map<std::string, std::size_t> index;
  std::vector<Variants> groups;
  for (const Operator& op : listed) {
    const std::string signature = functional_signature(op.schema, false).text();
    const auto [found, added] = index.try_emplace(signature, groups.size());
    if (added) {
      groups.emplace_back();
    }
    groups[found->second].try_emplace(op.schema.kind(), &op);
  }
  std::vector<Operator> generated;
  for (const Variants& variants : groups) {
    complete(variants, generated);
  }
  return generated;
}

}  // namespace torchdevice::gap

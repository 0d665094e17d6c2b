#include "gap/model/operators/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "gap/model/operators/dispatch_key.h"
#include "gap/model/operators/generated_operators.h"
#include "gap/read/utf8.h"
#include "gap/read/yaml.h"

namespace torchdevice::gap {
namespace {

// Of an installed torchgen, of a checkout.
constexpr std::array<std::string_view, 2> kFolders = {"torchgen/packaged/ATen/native/",
                                                      "aten/src/ATen/native/"};
constexpr std::array<std::string_view, 2> kUfuncKeys = {"CPU", "CUDA"};

/// Fields that say nothing about which operators there are and which kernels serve them.
constexpr std::array<std::string_view, 9> kIgnoredFields = {"category_override",
                                                            "cpp_no_default_args",
                                                            "device_guard",
                                                            "manual_cpp_binding",
                                                            "manual_kernel_registration",
                                                            "precomputed",
                                                            "structured_inherits",
                                                            "use_const_ref_for_mutable_tensors",
                                                            "deprecated"};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// `a, b` as its parts.
std::vector<std::string> comma_apart(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(trimmed(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

/// An entry that cannot be read; its place is known where it is caught.
class EntryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the entries of native_functions.yaml.
class Loader {
 public:
  Loader(std::string path, std::set<std::string> known_tags)
      : path_(std::move(path)), known_tags_(std::move(known_tags)) {}

  void read(const YamlNode& root) {
    if (!root.is_list()) {
      throw ReadError(fmt::format("{}:{}: not a list of operators", path_, root.line));
    }
    operators.reserve(root.items.size());
    for (const YamlNode& entry : root.items) {
      try {
        operators.push_back(read_operator(entry));
      } catch (const EntryError& error) {
        problems.push_back(fmt::format("{}:{}: left out: {}", path_, entry.line, error.what()));
      } catch (const SchemaError& error) {
        problems.push_back(fmt::format("{}:{}: left out: {}", path_, entry.line, error.what()));
      }
    }
  }

  std::vector<Operator> operators;
  std::vector<std::string> problems;

 private:
  Operator read_operator(const YamlNode& entry) {
    const YamlNode* func = entry.find("func");
    if (func == nullptr || !func->is_scalar()) {
      throw EntryError("an entry without `func`");
    }
    Operator op;
    std::string_view text = func->scalar;
    const std::size_t colons = text.substr(0, text.find('(')).find("::");
    if (colons != std::string_view::npos) {
      op.name_space = text.substr(0, colons);
      text.remove_prefix(colons + 2);
    }
    op.schema = parse_function_schema(text);
    op.line = entry.line;
    for (const auto& [field, value] : entry.members) {
      if (field != "func") {
        read_field(op, field, value);
      }
    }
    if (entry.find("dispatch") == nullptr && !op.structured && op.structured_delegate.empty()) {
      op.kernels.push_back({"CompositeImplicitAutograd", default_kernel(op)});
    }
    std::ranges::sort(op.kernels, {}, &Kernel::key);
    add_implied_tags(op);
    return op;
  }

  void read_field(Operator& op, std::string_view field, const YamlNode& value) {
    if (field == "variants") {
      const std::vector<std::string> variants = comma_apart(scalar(field, value));
      op.is_function = std::ranges::find(variants, "function") != variants.end();
      op.is_method = std::ranges::find(variants, "method") != variants.end();
    } else if (field == "python_module") {
      op.python_module = scalar(field, value);
    } else if (field == "dispatch") {
      read_dispatch(op, value);
    } else if (field == "tags") {
      op.tags = value.is_list() ? scalars(field, value) : comma_apart(scalar(field, value));
    } else if (field == "structured") {
      op.structured = boolean(field, value);
    } else if (field == "structured_delegate") {
      op.structured_delegate = scalar(field, value);
    } else if (field == "autogen") {
      op.autogen = comma_apart(scalar(field, value));
    } else if (field == "device_check") {
      op.device_check = scalar(field, value) != "NoCheck";
    } else if (field == "ufunc_inner_loop") {
      for (const std::string_view key : kUfuncKeys) {
        op.kernels.push_back({std::string(key), fmt::format("ufunc_{}_{}", op.schema.name, key)});
      }
    } else if (std::ranges::find(kIgnoredFields, field) == kIgnoredFields.end()) {
      problems.push_back(fmt::format("{}:{}: the field {} of {} is not known: ignored", path_,
                                     value.line, printable(field), op.schema.full_name()));
    }
  }

  static void read_dispatch(Operator& op, const YamlNode& dispatch) {
    if (!dispatch.is_map()) {
      throw EntryError("`dispatch` is not a map of keys to kernels");
    }
    for (const auto& [keys, kernel] : dispatch.members) {
      for (std::string& key : comma_apart(keys)) {
        op.kernels.push_back({std::move(key), scalar("dispatch", kernel)});
      }
    }
  }

  static std::string default_kernel(const Operator& op) {
    const bool out = std::ranges::any_of(op.schema.arguments, &OperatorArgument::out);
    return op.schema.name + (out ? "_out" : "");
  }

  /// Every operator of ATen, every out= and every in-place one has a tag that the file leaves out.
  void add_implied_tags(Operator& op) const {
    const bool out = std::ranges::any_of(op.schema.arguments, &OperatorArgument::out);
    const std::array<std::pair<bool, const char*>, 3> implied = {
        {{op.name_space == "aten", "pt2_compliant_tag"},
         {out, "out"},
         {parse_base_name(op.schema.name).inplace, "inplace"}}};
    for (const auto& [applies, tag] : implied) {
      if (applies && known_tags_.contains(tag)) {
        op.tags.emplace_back(tag);
      }
    }
    std::ranges::sort(op.tags);
    op.tags.erase(std::unique(op.tags.begin(), op.tags.end()), op.tags.end());
  }

  static const std::string& scalar(std::string_view field, const YamlNode& value) {
    if (!value.is_scalar()) {
      throw EntryError(fmt::format("`{}` is not a scalar", field));
    }
    return value.scalar;
  }

  static std::vector<std::string> scalars(std::string_view field, const YamlNode& value) {
    std::vector<std::string> all;
    for (const YamlNode& item : value.items) {
      all.push_back(scalar(field, item));
    }
    return all;
  }

  static bool boolean(std::string_view field, const YamlNode& value) {
    const std::string& text = scalar(field, value);
    if (text == "True" || text == "true") {
      return true;
    }
    if (text == "False" || text == "false") {
      return false;
    }
    throw EntryError(fmt::format("`{}` is neither True nor False", field));
  }

  std::string path_;
  std::set<std::string> known_tags_;
};

std::set<std::string> tag_names(std::string_view text) {
  std::set<std::string> names;
  if (!text.empty()) {
    for (const YamlNode& item : parse_yaml("tags.yaml", text).items) {
      if (const YamlNode* tag = item.find("tag")) {
        names.insert(tag->scalar);
      }
    }
  }
  return names;
}

bool by_name(const Operator* left, const Operator* right) {
  return std::tie(left->schema.name, left->schema.overload) <
         std::tie(right->schema.name, right->schema.overload);
}

}  // namespace

std::string_view to_string(ServedBy served_by) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "own", "delegate", "composite",
                                                      "generated"};
  return kNames.at(static_cast<std::size_t>(served_by));
}

const Kernel* Operator::kernel(std::string_view key) const {
  const auto found = std::ranges::lower_bound(kernels, key, {}, &Kernel::key);
  return found == kernels.end() || found->key != key ? nullptr : &*found;
}

std::span<const Operator* const> Operators::overloads(std::string_view name) const {
  const auto name_of = [](const Operator* op) -> std::string_view { return op->schema.name; };
  const auto first = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return {first, std::ranges::upper_bound(first, by_name_.end(), name, {}, name_of)};
}

const Operator* Operators::find(std::string_view full_name) const {
  const std::size_t dot = full_name.find('.');
  const std::string_view overload =
      dot == std::string_view::npos ? std::string_view() : full_name.substr(dot + 1);
  for (const Operator* op : overloads(full_name.substr(0, dot))) {
    if (op->schema.overload == overload) {
      return op;
    }
  }
  return nullptr;
}

Resolution Operators::resolve(const Operator& op, std::string_view key) const {
  if (const Kernel* own = op.kernel(key)) {
    return {ServedBy::Own, &op, own};
  }
  if (const Operator* delegate =
          op.structured_delegate.empty() ? nullptr : find(op.structured_delegate)) {
    // torchgen registers the delegating kernel at the structured keys, and for other backends one
    // that calls the delegate, at CompositeExplicitAutogradNonFunctional.
    const bool reaches = is_structured_key(key) || serves(kCompositeKeys.front(), key);
    const Kernel* kernel = reaches ? delegate->kernel(key) : nullptr;
    if (kernel != nullptr) {
      return {ServedBy::Delegate, delegate, kernel};
    }
  }
  if (key == "Meta" && (op.structured || !op.structured_delegate.empty())) {
    return {ServedBy::Generated, &op, nullptr};
  }
  for (const std::string_view composite : kCompositeKeys) {
    const Kernel* kernel = serves(composite, key) ? op.kernel(composite) : nullptr;
    if (kernel != nullptr) {
      return {ServedBy::Composite, &op, kernel};
    }
  }
  return {};
}

Operators parse_operators(std::string path, std::string_view functions, std::string_view tags) {
  Operators result;
  Loader loader(path, tag_names(tags));
  loader.read(parse_yaml(path, functions));
  result.path_ = std::move(path);
  result.all_ = std::move(loader.operators);
  result.problems_ = std::move(loader.problems);

  std::vector<Operator> generated = generated_operators(result.all_);
  result.all_.insert(result.all_.end(), std::move_iterator(generated.begin()),
                     std::move_iterator(generated.end()));
  for (const Operator& op : result.all_) {
    result.by_name_.push_back(&op);
  }
  std::ranges::stable_sort(result.by_name_, by_name);
  for (std::size_t at = 1; at < result.by_name_.size(); ++at) {
    const Operator& op = *result.by_name_[at];
    if (!by_name(result.by_name_[at - 1], &op)) {
      result.problems_.push_back(
          fmt::format("{}:{}: {} stands twice", result.path_, op.line, op.schema.full_name()));
    }
  }
  return result;
}

Operators load_operators(const SourceTree& tree) {
  for (const std::string_view folder : kFolders) {
    const SourceEntry* functions = tree.find(fmt::format("{}native_functions.yaml", folder));
    if (functions == nullptr) {
      continue;
    }
    const SourceEntry* tags = tree.find(fmt::format("{}tags.yaml", folder));
    return parse_operators(functions->path, tree.read(*functions),
                           tags == nullptr ? std::string() : tree.read(*tags));
  }
  throw ReadError(fmt::format("{}: has no native_functions.yaml: name a PyTorch with its torchgen",
                              tree.location()));
}

}  // namespace torchdevice::gap

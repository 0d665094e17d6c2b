#include "gap/model/overlay/patch_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "gap/model/overlay/replaced_object.h"
#include "gap/model/overlay/torch_names.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

std::uint32_t line_of(const Place& place) {
  return place.file == nullptr ? 0 : place.file->line(place.range.begin);
}

/// Modules of PyTorch that hold settings: torch._dynamo.config and its like.
bool is_configuration(std::string_view module) {
  return module.ends_with(".config") || module.ends_with("._config");
}

/// An object of unittest.mock.
bool is_mock_object(const Value* value) {
  const auto* instance = value->as<Instance>();
  const auto* type =
      instance == nullptr || instance->type == nullptr ? nullptr : instance->type->as<External>();
  return type != nullptr && type->path.starts_with("unittest.mock.");
}

/// A call of a decorator: its place is the decorated definition.
bool is_decorator(const Place& place) {
  if (place.file == nullptr) return false;
  const std::string_view text = place.file->text(place.range);
  return text.starts_with('@') || text.starts_with("def ") || text.starts_with("class ") ||
         text.starts_with("async def ");
}

/// Whether a call that was right for the original is wrong where there is nothing.
Comparison compare_with_nothing(const ReplacedObject& original) {
  Comparison comparison{Verdict::NotApplicable, {}};
  if (original.kind != ComparedObject::Kind::Value) {
    comparison.verdict = Verdict::Mismatch;
    comparison.differences.push_back({DifferenceKind::NotCallable, "", "it is deleted", true});
  }
  return comparison;
}

}  // namespace

void PatchReader::read(const std::vector<Store>& stores) {
  std::vector<std::pair<const Store*, std::string>> taken;
  for (const Store& store : stores) {
    std::string target = target_of(store);
    if (target.empty()) continue;
    if (store.name.empty() || store.kind == StoreKind::ImportHook) {
      add_unknown(store);
      continue;
    }
    if (is_setting(store) || (store.value != nullptr && store.value == store.before)) continue;
    if (store.value != nullptr) saved_.emplace(store.name, store.value);
    ++targets_at_[{store.place.file, store.place.range.begin}];
    taken.emplace_back(&store, std::move(target));
  }
  for (auto& [store, target] : taken) add_patch(*store, std::move(target));
  mark_superseded();
}

/// "torch.cuda.is_available"; empty for what is not PyTorch's.
std::string PatchReader::target_of(const Store& store) {
  if (store.kind == StoreKind::ImportHook) {
    return "import";
  }
  if (store.kind == StoreKind::SysModules) {
    return is_torch_path(store.name) ? std::string(store.name) : std::string();
  }
  const auto [at, added] = owner_names_.try_emplace(store.owner);
  if (added) at->second = torch_name(interpreter_, store.owner);
  if (at->second.empty()) return {};
  return store.name.empty() ? at->second : fmt::format("{}.{}", at->second, store.name);
}

bool PatchReader::is_setting(const Store& store) {
  if (const auto* module = store.owner->as<Module>()) {
    return is_configuration(module->name);
  }
  if (store.owner->as<Instance>() != nullptr && store.value != nullptr) {
    const auto* before = store.before == nullptr ? nullptr : store.before->as<Function>();
    return before == nullptr && store.before != nullptr &&
           store.before->as<BoundMethod>() == nullptr;
  }
  return false;
}

void PatchReader::add_unknown(const Store& store) {
  const auto add = [&](UnknownPatch patch) {
    const bool known = std::any_of(unknown.begin(), unknown.end(), [&](const UnknownPatch& other) {
      return other.what == patch.what && other.place == patch.place;
    });
    if (!known) unknown.push_back(std::move(patch));
  };
  if (store.kind == StoreKind::ImportHook) {
    add({"what an import hook does to modules of PyTorch", "it acts when modules are imported",
         store.place.text()});
    return;
  }
  const std::string owner =
      store.kind == StoreKind::SysModules ? "sys.modules" : owner_names_[store.owner];
  const std::string what = store.kind == StoreKind::Delete    ? "delattr({}, <name>)"
                           : store.kind == StoreKind::Setattr ? "setattr({}, <name>, …)"
                                                              : "{}.<name> = …";
  add({fmt::format(fmt::runtime(what), owner), std::string(store.unknown), store.place.text()});
}

std::string PatchReader::how(const Store& store) const {
  std::string text(to_string(store.kind));
  if (!store.calls.empty() && is_decorator(store.calls.back())) {
    return "decorator at " + store.calls.back().text();
  }
  const bool repeated = targets_at_.at({store.place.file, store.place.range.begin}) > 1;
  if (repeated && store.calls.empty()) {
    text += " in a loop";
  } else if (store.function != nullptr && store.function->definition != nullptr) {
    text += fmt::format(" in {}()", store.function->definition->name);
  }
  return text;
}

std::vector<Value*> PatchReader::predecessors(const Store& store, const std::string& target) const {
  std::vector<Value*> result;
  const auto add = [&](Value* value) {
    if (value == nullptr) return;
    if (const auto* method = value->as<BoundMethod>()) value = method->function;
    result.push_back(value);
  };
  add(store.before);
  if (const auto earlier = by_target_.find(target); earlier != by_target_.end()) {
    for (const Made& made : earlier->second) add(made.store->value);
  }
  return result;
}

void PatchReader::add_patch(const Store& store, std::string target) {
  Patch patch;
  patch.target = std::move(target);
  patch.file = store.place.file == nullptr ? "" : store.place.file->path();
  patch.line = line_of(store.place);
  patch.how = how(store);
  patch.condition = store.condition == nullptr ? "" : store.condition->text();
  patch.reached = store.reached;
  patch.temporary = store.temporary;
  fill_replacement(store, patch);

  auto& others = by_target_[patch.target];
  const bool repeated = std::any_of(others.begin(), others.end(), [&](const Made& made) {
    const Patch& other = patches[made.patch];
    return other.file == patch.file && other.line == patch.line && other.kind == patch.kind &&
           (other.replacement == patch.replacement ||
            (other.replacement.starts_with("not known") &&
             patch.replacement.starts_with("not known")));  // reached by another way
  });
  if (repeated) return;
  others.push_back({&store, patches.size()});
  patches.push_back(std::move(patch));
}

void PatchReader::fill_replacement(const Store& store, Patch& patch) {
  std::optional<ReplacedObject> original;
  if (store.before != nullptr) {
    original = original_object(interpreter_, signatures_, store.before, patch.target);
    patch.original_signatures = original->signatures;
  }
  if (store.value == nullptr) {
    patch.kind = PatchKind::Delete;
    patch.replacement = "nothing";
    patch.comparison = original ? compare_with_nothing(*original) : Comparison{Verdict::Absent, {}};
    return;
  }
  const std::vector<Value*> before = predecessors(store, patch.target);
  const WrapperFacts facts = study_wrapper(interpreter_, store.value, before, saved_);
  const ReplacedObject replacement =
      replacement_object(interpreter_, signatures_, store.value, patch.target, facts);
  patch.replacement = describe_replacement(interpreter_, store.value, facts);
  patch.replacement_signatures = replacement.signatures;

  const bool mock = store.value->as<Constant>() != nullptr || !facts.constant.empty() ||
                    is_mock_object(store.value);
  const bool module = store.value->as<Module>() != nullptr ||
                      (store.before != nullptr && store.before->as<Module>() != nullptr);
  const bool compiled = store.before == nullptr && is_compiled_type(patch.target);
  patch.kind = compiled                  ? PatchKind::Replace
               : store.before == nullptr ? PatchKind::Add
               : module                  ? PatchKind::ModuleSwap
               : facts.calls_original    ? PatchKind::Wrap
               : mock                    ? PatchKind::Mock
                                         : PatchKind::Replace;
  if (!original) {
    patch.comparison.verdict = compiled ? Verdict::Unknown : Verdict::Absent;
  } else if (!original->known || !replacement.known) {
    patch.comparison.verdict = Verdict::Unknown;
  } else {
    patch.comparison =
        compare_objects(original->compared(), replacement.compared(), facts.forwarding);
  }
}

/// A later patch of the same target takes an earlier one's place, unless it may not run where the
/// earlier one does, or is undone, or calls it.
void PatchReader::mark_superseded() {
  for (const auto& [target, made] : by_target_) {
    for (std::size_t i = 0; i < made.size(); ++i) {
      Patch& earlier = patches[made[i].patch];
      for (std::size_t j = i + 1; j < made.size() && earlier.superseded_by.empty(); ++j) {
        const Patch& later = patches[made[j].patch];
        const bool runs = later.condition.empty() || later.condition == earlier.condition;
        if (!runs || later.temporary || earlier.temporary || (earlier.reached && !later.reached)) {
          continue;
        }
        Value* replaced[] = {made[i].store->value};
        const bool calls_it =
            replaced[0] != nullptr && made[j].store->value != nullptr &&
            study_wrapper(interpreter_, made[j].store->value, replaced, saved_).calls_original;
        if (!calls_it) earlier.superseded_by = fmt::format("{}:{}", later.file, later.line);
      }
    }
  }
}

}  // namespace torchdevice::gap

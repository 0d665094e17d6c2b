#include <algorithm>
#include <array>
#include <optional>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// A statement that may put another object in the module's place.
bool may_swap_itself(const PythonFile& file) {
  return file.text().find("sys.modules[__name__] =") != std::string_view::npos;
}

/// What the stub of a C module has and the module has not: type variables and aliases.
bool is_for_typing_only(const Value* value) {
  const auto* instance = value->as<Instance>();
  const auto* type = instance == nullptr ? nullptr : instance->type->as<External>();
  return type != nullptr && (type->path.starts_with("typing") ||
                             type->path == "types.GenericAlias" || type->path == "types.UnionType");
}

/// PyTorch's C initialiser puts its dtypes, layouts and their like onto `torch`, though they are
/// declared in the stub of `torch._C`.
bool stands_on_torch(Machine& machine, const Value* value) {
  const auto* instance = value->as<Instance>();
  if (instance == nullptr) return false;
  static constexpr std::string_view kTypes[] = {"torch._C.dtype", "torch._C.layout",
                                                "torch._C.memory_format", "torch._C.qscheme"};
  const std::string_view type = machine.defined_as(machine.force(instance->type));
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace

Value* Machine::module_value(ModuleEntry& entry) {
  if (entry.module != nullptr) return entry.module;
  entry.module = make(Module{});
  auto& module = *entry.module->as<Module>();
  module.name = entry.name;
  module.package = entry.package;
  module.subject = entry.subject;
  if (entry.source == nullptr) entry.stub_module = entry.module;
  return entry.module;
}

Value* Machine::stub_value(ModuleEntry& entry) {
  if (entry.stub_source == nullptr) return nullptr;
  if (entry.source == nullptr) return module_value(entry);
  if (entry.stub_module != nullptr) return entry.stub_module;
  entry.stub_module = make(Module{});
  auto& module = *entry.stub_module->as<Module>();
  module.name = entry.name;
  module.package = entry.package;
  module.subject = entry.subject;
  return entry.stub_module;
}

Value* Machine::imported(ModuleEntry& entry) {
  Value* module = module_value(entry);
  if (!entry.swap_decided && entry.source != nullptr) {
    entry.swap_decided = true;
    ModuleEntry* const one[] = {&entry};
    table.parse(one, 1);
    if (entry.file && (entry.subject || may_swap_itself(*entry.file))) execute_module(module);
  }
  return entry.swapped != nullptr ? entry.swapped : module;
}

Value* Machine::import_module(std::string_view dotted, bool stub) {
  const std::size_t dot = dotted.rfind('.');
  if (ModuleEntry* entry = table.find(dotted)) {
    if (entry->subject && dot != std::string_view::npos) import_module(dotted.substr(0, dot), stub);
    if (stub) {
      if (Value* value = stub_value(*entry)) return value;
    }
    return imported(*entry);
  }
  if (!table.has_package(dotted.substr(0, dotted.find('.')))) return external(dotted);
  if (dot == std::string_view::npos) return nullptr;
  Value* parent = import_module(dotted.substr(0, dot), stub);
  if (parent == nullptr) return nullptr;
  if (parent->as<External>() != nullptr) return external(dotted);
  const auto* module = parent->as<Module>();
  return module != nullptr && is_compiled(*module) ? external(dotted) : nullptr;
}

bool Machine::is_compiled(const Module& module) const {
  if (module.file != nullptr) return module.file->is_stub() && module.stub == nullptr;
  ModuleEntry* entry = const_cast<ModuleTable&>(table).find(module.name);
  return entry != nullptr && entry->source == nullptr && entry->stub_source != nullptr;
}

void Machine::execute_module(Value* value) {
  auto& module = *value->as<Module>();
  if (module.executed || module.executing) return;
  ModuleEntry* entry = table.find(module.name);
  if (entry == nullptr) {  // made by types.ModuleType
    module.executed = true;
    return;
  }
  ModuleEntry* const one[] = {entry};
  table.parse(one, 1);
  const bool stub_view = value == entry->stub_module && value != entry->module;
  module.file = stub_view || !entry->file ? entry->stub.get() : entry->file.get();
  module.stub = stub_view || entry->file ? entry->stub.get() : nullptr;
  if (module.file == nullptr) {
    if (entry->tree != nullptr) module.names.add_hole("its file could not be read", {});
    module.executed = true;
    return;
  }

  const Temporarily condition(current_condition, static_cast<const Condition*>(nullptr));
  const Temporarily laziness(lazy, !module.subject);
  const Temporarily subject(in_subject, module.subject);
  const Temporarily unreached(entered_unreached, false);
  const Temporarily handled(handled_imports, 0u);
  const Temporarily depth(executing_modules, executing_modules + 1);
  std::optional<Temporarily<std::size_t>> taken;  // of subjects the statements are counted together
  if (!module.subject) taken.emplace(steps, 0);
  const Temporarily limit(step_limit, Interpreter::kMaxCallSteps);
  const Temporarily entry_start(entry_begin, stores.size());
  std::vector<Place> outer_calls = std::exchange(call_places, {});
  std::vector<const Function*> outer_stack = std::exchange(call_stack, {});

  Frame& frame = frames_.emplace_back();
  frame.kind = Frame::Kind::Module;
  frame.module = &module;
  frame.module_value = value;
  frame.names = &module.names;
  frame.qualified_name = module.name;
  frame.stub = module.file->is_stub();
  frame.captured = true;
  if (module.subject) subject_files.insert(module.file);
  module.executing = true;
  run_block(module.file->statements(), frame);
  module.executing = false;
  module.executed = true;
  call_places = std::move(outer_calls);
  call_stack = std::move(outer_stack);
}

Value* Machine::submodule(const Module& module, std::string_view name) {
  std::array<char, 256> dotted;
  const std::size_t size = module.name.size() + 1 + name.size();
  if (size > dotted.size()) return nullptr;
  *std::copy(module.name.begin(), module.name.end(), dotted.begin()) = '.';
  std::copy(name.begin(), name.end(), dotted.begin() + module.name.size() + 1);
  ModuleEntry* entry = table.find({dotted.data(), size});
  if (entry == nullptr) return nullptr;
  if (module.file != nullptr && module.file->is_stub()) {
    if (Value* stub = stub_value(*entry)) return stub;
  }
  return imported(*entry);
}

Sequence Machine::names_of(Value* owner, Place place) {
  owner = force(owner);
  Sequence names{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  std::vector<std::string_view> found;
  const auto take = [&](const Namespace& space) {
    for (const Binding& binding : space.bindings()) {
      if (!binding.deleted && !binding.stub_import) found.push_back(binding.name);
    }
    for (const Namespace::Hole& hole : space.holes) {
      names.complete = false;
      names.holes.push_back(hole);
    }
  };
  if (auto* module = owner->as<Module>()) {
    execute_module(owner);
    if (is_compiled(*module)) {
      for (const Binding& binding : module->names.bindings()) {
        if (!binding.deleted && !binding.stub_import &&
            !is_for_typing_only(binding.definition.value) &&
            !stands_on_torch(*this, binding.definition.value)) {
          found.push_back(binding.name);
        }
      }
      names.complete = false;
      names.holes.push_back(
          {std::string(module->name) + " is compiled: its stub need not list every name", place});
    } else {
      take(module->names);
    }
  } else if (owner->as<Class>() != nullptr || owner->as<Instance>() != nullptr) {
    if (auto* instance = owner->as<Instance>()) take(instance->names);
    for (Value* cls : mro(type_of(owner)->as<Class>() != nullptr && owner->as<Instance>() != nullptr
                              ? type_of(owner)
                              : owner)) {
      if (const auto* known = cls->as<Class>()) take(known->names);
    }
    names.complete &= mro_complete(owner->as<Class>() != nullptr ? owner : type_of(owner));
  } else {
    names.complete = false;
    names.holes.push_back({std::string(why_unknown(owner)), place});
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const std::string_view name : found) names.items.push_back(text(name));
  return names;
}

}  // namespace torchdevice::gap

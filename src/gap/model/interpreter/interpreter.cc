#include "gap/model/interpreter/interpreter.h"

#include <algorithm>
#include <string>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

struct Interpreter::Impl {
  explicit Impl(Options options) : machine(std::move(options)) {}
  Machine machine;
};

std::string_view to_string(StoreKind kind) {
  switch (kind) {
    case StoreKind::Assignment:
      return "assignment";
    case StoreKind::AugmentedAssignment:
      return "augmented assignment";
    case StoreKind::Setattr:
      return "setattr";
    case StoreKind::Delete:
      return "delete";
    case StoreKind::SysModules:
      return "sys.modules";
    case StoreKind::MockPatch:
      return "mock.patch";
    case StoreKind::ClassReplacement:
      return "class replacement";
    case StoreKind::ImportHook:
      return "import hook";
  }
  return {};
}

Interpreter::Interpreter(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Interpreter::~Interpreter() = default;

void Interpreter::add(const SourceTree& tree, Role role) {
  impl_->machine.table.add(tree, role == Role::Subject);
}

void Interpreter::load(std::span<const std::string> prefixes) {
  ModuleTable& table = impl_->machine.table;
  std::vector<ModuleEntry*> entries;
  if (prefixes.empty()) entries = table.under({});
  for (const std::string& prefix : prefixes) {
    const std::vector<ModuleEntry*> some = table.under(prefix);
    entries.insert(entries.end(), some.begin(), some.end());
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  table.parse(entries, impl_->machine.options.threads);
}

std::vector<std::string> Interpreter::modules(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const ModuleEntry* entry : impl_->machine.table.under(prefix)) {
    if (entry->source != nullptr || entry->stub_source != nullptr) names.push_back(entry->name);
  }
  return names;
}

Value* Interpreter::import(std::string_view dotted) {
  Machine& machine = impl_->machine;
  if (machine.table.find(dotted) == nullptr) return nullptr;
  Value* value = nullptr;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = dotted.find('.', end + 1);
    value = machine.import_module(dotted.substr(0, end), false);
    if (value != nullptr && value->as<Module>() != nullptr) machine.execute_module(value);
  }
  ModuleEntry* entry = machine.table.find(dotted);
  return entry->swapped != nullptr ? entry->swapped : value;
}

Value* Interpreter::import_stub(std::string_view dotted) {
  ModuleEntry* entry = impl_->machine.table.find(dotted);
  Value* value = entry == nullptr ? nullptr : impl_->machine.stub_value(*entry);
  if (value != nullptr) impl_->machine.execute_module(value);
  return value;
}

Value* Interpreter::attribute(Value* owner, std::string_view name) {
  Value* value = impl_->machine.attribute(owner, name, {}, false);
  return value == nullptr ? nullptr : impl_->machine.force(value);
}

const Binding* Interpreter::binding(Value* owner, std::string_view name) {
  owner = impl_->machine.force(owner);
  if (owner->as<Module>() != nullptr) impl_->machine.execute_module(owner);
  const Namespace* names = impl_->machine.namespace_of(owner);
  const Binding* binding = names == nullptr ? nullptr : names->find(name);
  return binding == nullptr || binding->deleted ? nullptr : binding;
}

Value* Interpreter::resolve(std::string_view dotted) { return impl_->machine.resolve(dotted); }

Value* Interpreter::force(Value* value) { return impl_->machine.force(value); }

const Sequence* Interpreter::all(Value* module) { return impl_->machine.all_names(module); }

std::vector<Value*> Interpreter::mro(Value* cls) {
  return impl_->machine.mro(impl_->machine.force(cls));
}

std::string_view Interpreter::defined_as(const Value* value) const {
  return impl_->machine.defined_as(value);
}

const std::vector<Store>& Interpreter::stores() {
  impl_->machine.run_subjects();
  return impl_->machine.stores;
}

const std::vector<std::string>& Interpreter::problems() const {
  return impl_->machine.table.problems();
}

}  // namespace torchdevice::gap

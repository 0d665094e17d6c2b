#include <string>

#include "gap/model/dotted_name.h"
#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// The absolute name that `from ..x import y` means in a module; empty where it leaves the package.
std::string absolute_name(const Module& module, const ImportFrom& statement) {
  if (statement.level == 0) return std::string(statement.module);
  std::string_view base = module.name;
  for (std::uint32_t up = module.package ? 1 : 0; up < statement.level; ++up) {
    base = owner_of(base);
    if (base.empty()) return {};
  }
  std::string name(base);
  if (!statement.module.empty()) name.append(".").append(statement.module);
  return name;
}

/// PEP 484: a stub re-exports what it imports only as `X as X`.
bool stays_in_stub(const Frame& frame, const ImportedName& imported) {
  return frame.stub && imported.alias != imported.name;
}

void import_star(Machine& machine, Value* source, Frame& frame, Place place) {
  auto* module = source->as<Module>();
  if (module == nullptr) {
    frame.names->add_hole("all names of " + std::string(machine.why_unknown(source)), place);
    return;
  }
  machine.execute_module(source);
  Sequence names{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  const Binding* listed = module->names.find("__all__");
  if (listed != nullptr && !listed->deleted) {
    names = machine.iterate(listed->definition.value, place);
    machine.leave_unfollowed_additions_open(*module, names);
  } else if (machine.is_compiled(*module)) {
    for (const Binding& binding : module->names.bindings()) {
      if (!binding.stub_import) names.items.push_back(machine.text(binding.name));
    }
    names.complete = false;
    names.holes.push_back(
        {std::string(module->name) + " is compiled: its stub need not list every name", place});
  } else {
    names = machine.names_of(source, place);
  }
  if (listed == nullptr || listed->deleted) {
    std::erase_if(names.items, [](Value* name) { return name->string()->starts_with('_'); });
  }
  if (!names.complete) {
    frame.names->add_hole(
        names.holes.empty() ? "names of " + std::string(module->name) : names.holes.front().reason,
        place);
  }
  for (Value* item : names.items) {
    const std::string_view* name = item->string();
    if (name == nullptr) continue;
    const Binding* binding = module->names.find(*name);
    Value* value = binding != nullptr && !binding->deleted ? binding->definition.value
                                                           : machine.submodule(*module, *name);
    if (value == nullptr && machine.is_compiled(*module)) {
      value = machine.external(std::string(module->name) + "." + std::string(*name));
    }
    if (value != nullptr) machine.bind_name(*name, value, frame, place);
  }
}

}  // namespace

Flow Machine::run(const Import& statement, Frame& frame, Place) {
  for (const ImportedName& imported : statement.names) {
    const Place place{frame.module->file, imported.range};
    const std::string_view top = imported.name.substr(0, imported.name.find('.'));
    Value* value = nullptr;
    if (imported.alias.empty()) {
      if (lazy) {
        value = import_module(top, frame.stub);
      } else {
        Value* whole = import_module(imported.name, frame.stub);
        value = whole == nullptr ? nullptr : import_module(top, frame.stub);
      }
    } else if (lazy && table.find(imported.name) != nullptr) {
      value = make(Deferred{.module = imported.name, .place = place});
    } else {
      value = import_module(imported.name, frame.stub);
    }
    if (value == nullptr) {
      if (handled_imports > 0) {
        import_failed = true;
        return Flow::Raise;
      }
      value = unknown("there is no module " + std::string(imported.name), place);
    }
    const std::string_view name = imported.alias.empty() ? top : imported.alias;
    bind_name(name, value, frame, place);
    if (stays_in_stub(frame, imported)) frame.names->find(name)->stub_import = true;
  }
  return Flow::Next;
}

Flow Machine::run(const ImportFrom& statement, Frame& frame, Place place) {
  const std::string_view source = intern(absolute_name(*frame.module, statement));
  if (statement.star) {
    Value* module = import_module(source, frame.stub);
    if (module == nullptr) {
      if (handled_imports > 0) {
        import_failed = true;
        return Flow::Raise;
      }
      frame.names->add_hole("there is no module " + std::string(source), place);
    } else {
      import_star(*this, module, frame, place);
    }
    return Flow::Next;
  }
  for (const ImportedName& imported : statement.names) {
    const Place at{frame.module->file, imported.range};
    Value* value = import_name(source, imported.name, frame, at);
    if (value == nullptr) {
      if (handled_imports > 0) {
        import_failed = true;
        return Flow::Raise;
      }
      value = unknown("there is no " + std::string(source) + "." + std::string(imported.name), at);
    }
    const std::string_view name = imported.alias.empty() ? imported.name : imported.alias;
    bind_name(name, value, frame, at);
    if (stays_in_stub(frame, imported)) frame.names->find(name)->stub_import = true;
  }
  return Flow::Next;
}

Value* Machine::import_name(std::string_view module, std::string_view name, Frame& frame,
                            Place place) {
  if (lazy && table.find(module) != nullptr) {
    return make(Deferred{.frame = &frame, .module = module, .attribute = name, .place = place});
  }
  Value* source = import_module(module, frame.stub);
  if (source == nullptr) return nullptr;
  Value* value = attribute(source, name, place, true);
  return value == nullptr || lazy ? value : force(value);
}

}  // namespace torchdevice::gap

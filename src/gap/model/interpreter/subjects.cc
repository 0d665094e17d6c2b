#include <string>
#include <unordered_map>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// Enters functions that nobody calls, each with arguments that are not known, methods on one
/// object for each class.
class UncalledFunctions {
 public:
  explicit UncalledFunctions(Machine& machine) : machine_(machine) {}

  void enter(Value* value) {
    const auto& function = *value->as<Function>();
    if (machine_.entered.contains(function.definition)) return;
    const Temporarily laziness(machine_.lazy, false);
    const Temporarily subject(machine_.in_subject, true);
    const Temporarily unreached(machine_.entered_unreached, true);
    const Temporarily entry(machine_.entry_begin, first_store_of(function));
    const ConditionScope scope(machine_);
    machine_.current_condition = nullptr;

    Arguments arguments;
    if (function.owner != nullptr && function.binding != Function::Binding::Static) {
      arguments.positional.push_back(self_of(function));
    }
    for (const ParameterSyntax& parameter : function.definition->parameters) {
      // pytest's fixtures are known by their names.
      if (parameter.name == "monkeypatch") {
        arguments.keywords.emplace_back("monkeypatch", machine_.external("pytest.monkeypatch"));
      } else if (parameter.name == "mocker") {
        arguments.keywords.emplace_back("mocker", machine_.external("pytest_mock.mocker"));
      }
    }
    machine_.call_function(value, std::move(arguments), function.place);
  }

 private:
  Value* self_of(const Function& function) {
    Value*& self = objects_[function.owner];
    if (self == nullptr) {
      Value* cls = class_value(function);
      self = machine_.make(Instance{.type = cls, .names = {}, .place = function.owner->place});
    }
    return function.binding == Function::Binding::Class ? self->as<Instance>()->type : self;
  }

  /// The Value of the class whose scope the function was defined in.
  static Value* class_value(const Function& function) { return function.closure->object; }

  /// A context manager's methods belong together: what one does the other undoes.
  std::size_t first_store_of(const Function& function) {
    const std::string_view name = function.definition->name;
    if (function.owner == nullptr) return machine_.stores.size();
    if (name == "__enter__" || name == "setUp" || name == "setup_method") {
      return begins_[function.owner] = machine_.stores.size();
    }
    const auto begin = begins_.find(function.owner);
    const bool undoes = name == "__exit__" || name == "tearDown" || name == "teardown_method";
    return undoes && begin != begins_.end() ? begin->second : machine_.stores.size();
  }

  Machine& machine_;
  std::unordered_map<const Class*, Value*> objects_;
  std::unordered_map<const Class*, std::size_t> begins_;
};

}  // namespace

void Machine::run_subjects() {
  if (subjects_run) return;
  subjects_run = true;
  std::vector<ModuleEntry*> entries;
  for (ModuleEntry* entry : table.under({})) {
    if (entry->subject) entries.push_back(entry);
  }
  table.parse(entries, options.threads);
  for (ModuleEntry* entry : entries) import_module(entry->name, false);
  UncalledFunctions uncalled(*this);
  // Entering a function may define more.
  for (std::size_t i = 0; i < subject_functions.size(); ++i) {
    if (steps > step_limit) {
      const Temporarily subject(in_subject, true);
      cut_package(subject_functions[i]->as<Function>()->place);
      break;
    }
    uncalled.enter(subject_functions[i]);
  }
  report_cuts();
}

}  // namespace torchdevice::gap

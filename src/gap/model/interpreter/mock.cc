#include <string>
#include <unordered_map>

#include "gap/model/interpreter/standard_library.h"

namespace torchdevice::gap {
namespace {

constexpr std::size_t kKeywordOnly = SIZE_MAX;

Value* mock_object(Machine& machine, Place place) {
  return machine.make(
      Instance{.type = machine.external("unittest.mock.MagicMock"), .names = {}, .place = place});
}

Value* patcher(Machine& machine, Place place) {
  return machine.make(
      Instance{.type = machine.external("unittest.mock._patch"), .names = {}, .place = place});
}

void record(Machine& machine, Value* owner, Value* name, Value* value, bool deleted, Place place) {
  owner = machine.force(owner);
  if (!machine.in_subject || machine.owns(owner) || owner->as<Unknown>() != nullptr) return;
  const std::string_view* text = name->string();
  Store store{.kind = deleted ? StoreKind::Delete : StoreKind::MockPatch,
              .owner = owner,
              .name = text == nullptr ? std::string_view() : machine.intern(*text),
              .value = deleted ? nullptr : value,
              .place = place,
              .temporary = true,
              .unknown = text == nullptr ? machine.why_unknown(name) : std::string_view()};
  const std::string_view patched_name = store.name;
  machine.record(std::move(store));
  machine.forget_patch(owner, patched_name);
}

/// "torch.cuda.is_available": its owner, and the last name.
void record_dotted(Machine& machine, Value* dotted, Value* value, bool deleted, Place place) {
  const std::string_view* text = dotted->string();
  const std::size_t dot = text == nullptr ? std::string_view::npos : text->rfind('.');
  if (dot == std::string_view::npos) return;
  Value* owner = machine.resolve(text->substr(0, dot));
  if (owner == nullptr) return;
  record(machine, owner, machine.string(text->substr(dot + 1)), value, deleted, place);
}

Value* replacement(Machine& machine, const BuiltinCall& call, std::size_t position) {
  Value* value = call.arguments.get(position, "new");
  if (value == nullptr) value = call.arguments.get(kKeywordOnly, "side_effect");
  return value != nullptr ? machine.force(value) : mock_object(machine, call.place);
}

Value* patch(Machine& machine, BuiltinCall& call) {
  if (Value* target = call.arguments.get(0, "target")) {
    record_dotted(machine, machine.force(target), replacement(machine, call, 1), false, call.place);
  }
  return patcher(machine, call.place);
}

Value* patch_object(Machine& machine, BuiltinCall& call) {
  Value* target = call.arguments.get(0, "target");
  Value* name = call.arguments.get(1, "attribute");
  if (target != nullptr && name != nullptr) {
    record(machine, target, machine.force(name), replacement(machine, call, 2), false, call.place);
  }
  return patcher(machine, call.place);
}

Value* patch_multiple(Machine& machine, BuiltinCall& call) {
  Value* target = call.arguments.get(0, "target");
  if (target == nullptr) return patcher(machine, call.place);
  target = machine.force(target);
  if (target->string() != nullptr) target = machine.resolve(*target->string());
  for (const auto& [name, value] : call.arguments.keywords) {
    if (target != nullptr && name != "target") {
      record(machine, target, machine.string(name), machine.force(value), false, call.place);
    }
  }
  return patcher(machine, call.place);
}

Value* monkeypatch_set(Machine& machine, BuiltinCall& call) {
  const auto& given = call.arguments.positional;
  if (given.size() == 2) {
    record_dotted(machine, machine.force(given[0]), machine.force(given[1]), false, call.place);
  } else if (given.size() >= 3) {
    record(machine, given[0], machine.force(given[1]), machine.force(given[2]), false, call.place);
  }
  return machine.none();
}

Value* monkeypatch_delete(Machine& machine, BuiltinCall& call) {
  const auto& given = call.arguments.positional;
  if (given.size() == 1) {
    record_dotted(machine, machine.force(given[0]), nullptr, true, call.place);
  } else if (given.size() >= 2) {
    record(machine, given[0], machine.force(given[1]), nullptr, true, call.place);
  }
  return machine.none();
}

Value* decorated_by_patch(Machine& machine, BuiltinCall& call) {
  if (call.arguments.positional.empty()) return machine.none();
  return machine.force(call.arguments.positional[0]);
}

}  // namespace

Builtin find_mock_function(std::string_view path) {
  static const std::unordered_map<std::string_view, Builtin> kFunctions = {
      {"mock.patch", patch},
      {"mock.patch.object", patch_object},
      {"pytest.monkeypatch.delattr", monkeypatch_delete},
      {"pytest.monkeypatch.setattr", monkeypatch_set},
      {"pytest_mock.mocker.patch", patch},
      {"pytest_mock.mocker.patch.object", patch_object},
      {"unittest.mock._patch.__call__", decorated_by_patch},
      {"unittest.mock.patch", patch},
      {"unittest.mock.patch.multiple", patch_multiple},
      {"unittest.mock.patch.object", patch_object},
  };
  const auto at = kFunctions.find(path);
  return at == kFunctions.end() ? nullptr : at->second;
}

}  // namespace torchdevice::gap

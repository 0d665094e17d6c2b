#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gap/model/backend/registrations.h"

/// How C++ puts names on Python objects: pybind11 and CPython's API.
namespace torchdevice::gap {
namespace {

using Kind = CppValue::Kind;

constexpr std::array<std::string_view, 12> kDefinitions = {
    "def",           "def_static",          "def_property",  "def_property_readonly",
    "def_readwrite", "def_readonly",        "def_submodule", "value",
    "def_buffer",    "def_property_static", "add_object",    "def_readonly_static"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSlots = {{
    {"tp_new", "__new__"},
    {"tp_init", "__init__"},
    {"tp_call", "__call__"},
    {"tp_repr", "__repr__"},
    {"tp_str", "__str__"},
    {"tp_hash", "__hash__"},
    {"tp_getattro", "__getattribute__"},
    {"tp_setattro", "__setattr__"},
}};

std::string type_slot(std::string_view field) {
  const auto found = std::find_if(kSlots.begin(), kSlots.end(),
                                  [&](const auto& entry) { return entry.first == field; });
  return found == kSlots.end() ? std::string() : std::string(found->second);
}

bool is_table(const CppValue& value) {
  return value.text == "PyMethodDef" || value.text == "PyGetSetDef" || value.text == "PyMemberDef";
}

/// "torch", "torch._C.x": PyTorch's; all else is the subject's own.
bool is_torch(std::string_view path) { return path == "torch" || path.starts_with("torch."); }

/// What a call puts under a name: the argument after the name; for pybind11's classes the C++ type.
std::string bound_text(const CppCall& call) {
  const CppNode& callee = *call.node.items[0];
  const std::string_view name = last_component(call.name);
  if ((name == "class_" || name == "enum_") && !callee.items.empty()) {
    return call.file.source(*callee.items[0]);
  }
  const std::size_t number = call.object != nullptr ? 2 : 3;
  if (call.node.items.size() <= number) {
    return {};
  }
  const std::string text = call.file.source(*call.node.items[number]);
  return text.starts_with("py::arg") ? call.file.source(*call.node.items[number - 1]) : text;
}

}  // namespace

CppValue* Registrations::python_member(CppEvaluator& evaluator, const CppCall& call) {
  const auto& arguments = call.arguments;
  const CppPlace place{&call.file, &call.node};
  const auto child = [&](const CppValue& name) {
    const bool known = name.kind == Kind::String && !call.object->text.empty();
    return evaluator.make({.kind = Kind::Python,
                           .text = known ? call.object->text + "." + name.text : "",
                           .why = call.object->text.empty() ? call.object->why : name.text,
                           .place = place});
  };
  if (call.name == "attr" && arguments.size() == 1) {
    if (arguments[0]->kind == Kind::String && arguments[0]->text == "__dict__") {
      return call.object;
    }
    return child(*arguments[0]);
  }
  const bool defines =
      std::find(kDefinitions.begin(), kDefinitions.end(), call.name) != kDefinitions.end();
  if (!defines || arguments.empty()) {
    return nullptr;
  }
  bind(evaluator, *call.object, *arguments[0], arguments.size() > 1 ? arguments[1] : nullptr, call);
  return call.name == "def_submodule" ? child(*arguments[0]) : call.object;
}

CppValue* Registrations::call_python(CppEvaluator& evaluator, const CppCall& call) {
  const auto& arguments = call.arguments;
  const std::string_view name = last_component(call.name);
  const CppPlace place{&call.file, &call.node};
  const auto object = [&](const CppValue& path) {
    return evaluator.make({.kind = Kind::Python,
                           .text = path.kind == Kind::String ? path.text : "",
                           .why = "its name is not known from sources",
                           .place = place});
  };
  const std::size_t count = arguments.size();
  if (count == 1 &&
      (name == "PyImport_ImportModule" || name == "PyImport_AddModule" || name == "PyModule_New" ||
       call.name.ends_with("module_::import") || call.name.ends_with("module::import"))) {
    return object(*arguments[0]);
  }
  if (count == 1 && name == "PyModule_GetDict") {
    return arguments[0];
  }
  if (name == "init" && call.name.find("::") != std::string_view::npos) {
    return evaluator.make({.kind = Kind::String, .text = "__init__", .place = place});
  }
  if (count == 0 || arguments[0]->kind != Kind::Python) {
    return nullptr;
  }
  const CppValue& owner = *arguments[0];
  if (count == 2 && name == "PyObject_GetAttrString") {
    const bool known = arguments[1]->kind == Kind::String && !owner.text.empty();
    return evaluator.make({.kind = Kind::Python,
                           .text = known ? owner.text + "." + arguments[1]->text : "",
                           .why = owner.why,
                           .place = place});
  }
  if (count >= 2 && (name == "class_" || name == "enum_" || name == "py_enum")) {
    bind(evaluator, owner, *arguments[1], nullptr, call);
    const bool known = arguments[1]->kind == Kind::String && !owner.text.empty();
    return evaluator.make({.kind = Kind::Python,
                           .text = known ? owner.text + "." + arguments[1]->text : "",
                           .why = owner.why,
                           .place = place});
  }
  if (count == 2 && name == "PyModule_AddFunctions") {
    bind_table(evaluator, owner, *arguments[1], call);
    return arguments[0];
  }
  const bool stores = name == "PyModule_AddObject" || name == "PyModule_AddObjectRef" ||
                      name == "PyModule_AddIntConstant" || name == "PyModule_AddStringConstant" ||
                      name == "PyObject_SetAttrString" || name == "PyDict_SetItemString";
  if (stores && count == 3) {
    bind(evaluator, owner, *arguments[1], arguments[2], call);
    return arguments[0];
  }
  return nullptr;
}

void Registrations::assign(CppEvaluator& evaluator, CppValue& object, std::string_view field,
                           CppValue& value, const CppPlace& place) {
  (void)value;
  if (object.kind != Kind::Python) {
    return;
  }
  const std::string replacement = place.file->source(*place.node->items[1]);
  const std::string slot = field.empty() ? "" : type_slot(field);
  if (!field.empty() && slot.empty()) {
    return;
  }
  if (object.text.empty()) {
    add_unknown(place, place.file->source(*place.node), object.why);
  } else if (is_torch(object.text)) {
    emit(evaluator, place, PatchKind::Binding, object.text + (slot.empty() ? "" : "." + slot),
         slot.empty() ? "attr" : std::string(field), replacement);
  }
}

/// Whether names put on `owner` are PyTorch's; where that is not known, it is said.
bool Registrations::binds_to_torch(const CppValue& owner) {
  if (owner.text.empty() && seen_.insert("?" + owner.why).second) {
    add_unknown(owner.place, "names that are put on a Python object", owner.why);
  }
  return is_torch(owner.text);
}

void Registrations::bind(CppEvaluator& evaluator, const CppValue& owner, const CppValue& name,
                         const CppValue* value, const CppCall& call) {
  if (name.kind == Kind::AnyOf) {
    for (const CppValue* one : name.items) bind(evaluator, owner, *one, value, call);
    return;
  }
  const CppPlace place{&call.file, &call.node};
  const std::string how(last_component(call.name));
  if (!binds_to_torch(owner)) {
    return;
  }
  if (name.kind != Kind::String) {
    add_unknown(place, fmt::format("{}.<name>", owner.text), name.text);
    return;
  }
  const CppPlace written = name.text == "__init__" ? place : name.place;
  const std::string replacement = bound_text(call);
  emit(evaluator, written, PatchKind::Binding, fmt::format("{}.{}", owner.text, name.text), how,
       describe_callee(replacement));
  if (value != nullptr) {
    CppValue bound{.kind = Kind::Python, .text = fmt::format("{}.{}", owner.text, name.text)};
    bind_members(evaluator, bound, *value, call, 0);
  }
}

/// A table of methods, properties or members; it ends with a nameless entry.
void Registrations::bind_table(CppEvaluator& evaluator, const CppValue& owner,
                               const CppValue& table, const CppCall& call) {
  const CppPlace place{&call.file, &call.node};
  if (!binds_to_torch(owner)) {
    return;
  }
  if (table.kind != Kind::List) {
    add_unknown(place, fmt::format("{}.<names of a table>", owner.text), table.text);
    return;
  }
  for (const CppValue* entry : table.items) {
    if (entry->kind != Kind::List || entry->items.empty() ||
        entry->items[0]->kind != Kind::String) {
      continue;
    }
    const CppValue& name = *entry->items[0];
    const CppNode* row = entry->place.node;
    const std::string replacement =
        row != nullptr && row->items.size() > 1 ? entry->place.file->source(*row->items[1]) : "";
    emit(evaluator, name.place, PatchKind::Binding, fmt::format("{}.{}", owner.text, name.text),
         table.text, describe_callee(replacement));
  }
}

/// The methods and properties of a C type: tables among the fields or slots of its description.
void Registrations::bind_members(CppEvaluator& evaluator, const CppValue& owner,
                                 const CppValue& type, const CppCall& call, int depth) {
  constexpr int kMaxDepth = 4;  // PyType_Spec, its slots, one slot, the table
  if (type.kind != Kind::List || depth > kMaxDepth) {
    return;
  }
  if (is_table(type)) {
    bind_table(evaluator, owner, type, call);
    return;
  }
  for (const CppValue* item : type.items) bind_members(evaluator, owner, *item, call, depth + 1);
}

}  // namespace torchdevice::gap

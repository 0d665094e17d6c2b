#include "gap/model/backend/registrations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace torchdevice::gap {
namespace {

using Kind = CppValue::Kind;

constexpr std::array<std::string_view, 40> kInteresting = {"impl",
                                                           "impl_UNBOXED",
                                                           "fallback",
                                                           "def",
                                                           "def_static",
                                                           "def_submodule",
                                                           "class_",
                                                           "enum_",
                                                           "attr",
                                                           "Library",
                                                           "registerImpl",
                                                           "registerFallback",
                                                           "findSchemaOrThrow",
                                                           "findSchema",
                                                           "RegisterOperators",
                                                           "Register",
                                                           "DeviceGuardImplRegistrar",
                                                           "SetAllocator",
                                                           "setHostAllocator",
                                                           "RegisterPrivateUse1HooksInterface",
                                                           "register_privateuse1_backend",
                                                           "set_cuda_dispatch_ptr",
                                                           "set_privateuse1_dispatch_ptr",
                                                           "set_mps_dispatch_ptr",
                                                           "set_xpu_dispatch_ptr",
                                                           "set_hpu_dispatch_ptr",
                                                           "PyModule_AddObject",
                                                           "PyModule_AddObjectRef",
                                                           "PyModule_AddFunctions",
                                                           "PyModule_AddType",
                                                           "PyModule_AddIntConstant",
                                                           "PyModule_AddStringConstant",
                                                           "PyModule_New",
                                                           "PyModule_GetDict",
                                                           "PyObject_SetAttrString",
                                                           "PyObject_GetAttrString",
                                                           "PyDict_SetItemString",
                                                           "PyImport_ImportModule",
                                                           "tp_new",
                                                           "tp_methods"};

/// C types of PyTorch that extensions change, by the variable that holds them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
    {"THPStorageType", "torch._C.StorageBase"},
    {"THPStorageClass", "torch.UntypedStorage"},
    {"THPVariableClass", "torch.Tensor"},
    {"THPVariableType", "torch._C.TensorBase"},
    {"THPStreamType", "torch._C.Stream"},
    {"THPStreamClass", "torch._C.Stream"},
    {"THPEventType", "torch._C.Event"},
    {"THPEventClass", "torch._C.Event"},
    {"THPGeneratorType", "torch._C.Generator"},
    {"THPGeneratorClass", "torch._C.Generator"},
    {"THPDeviceType", "torch.device"},
    {"THPDtypeType", "torch.dtype"},
}};

template <std::size_t N>
std::string_view find(const std::array<std::pair<std::string_view, std::string_view>, N>& table,
                      std::string_view key) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  return found == table.end() ? std::string_view() : found->second;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "CUDA" of "REGISTER_CUDA_HOOKS" between "REGISTER_" and "_HOOKS"; empty where it does not fit.
std::string_view between(std::string_view name, std::string_view begin, std::string_view end) {
  const bool fits =
      name.size() > begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end);
  return fits ? name.substr(begin.size(), name.size() - begin.size() - end.size())
              : std::string_view();
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return result;
}

/// The keys as PyTorch spells them, of a name in capitals.
std::string key_of_capitals(std::string_view capitals) {
  return capitals == "PRIVATEUSE1" ? "PrivateUse1" : std::string(capitals);
}

std::string argument_text(const CppCall& call, std::size_t number) {
  return number + 1 < call.node.items.size()
             ? describe_callee(call.file.source(*call.node.items[number + 1]))
             : std::string();
}

/// The operator's full name: "add.Tensor" in namespace "aten" is "aten::add.Tensor". A schema ends
/// at its parenthesis.
std::string operator_name(std::string_view name_space, std::string_view written) {
  written = written.substr(0, written.find('('));
  return contains(written, "::") ? std::string(written)
                                 : fmt::format("{}::{}", name_space, written);
}

}  // namespace

/// What a call registers under the names of one of its arguments.
struct Registrations::Entry {
  PatchKind kind;
  std::string how;
  std::string before;  ///< what stands before the name in the target, "aten::"
  std::string after;   ///< and after it, "@CUDA"
  std::string replacement;
};

std::string describe_callee(std::string text) {
  for (const std::string_view wrapper :
       {"TORCH_FN(", "torch::wrap_pybind_function(", "wrap_pybind_function(",
        "torch::wrap_pybind_function_no_gil(", "wrap_pybind_function_no_gil(",
        "torch::dispatch("}) {
    if (text.starts_with(wrapper) && text.ends_with(')')) {
      text = text.substr(wrapper.size(), text.size() - wrapper.size() - 1);
    }
  }
  if (contains(text, "makeFallthrough")) {
    return "a fallthrough";
  }
  if (text.starts_with("&")) {
    text.erase(0, 1);
  }
  constexpr std::size_t kMaxLength = 120;
  if (text.starts_with("[")) {
    return "a lambda";
  }
  return text.size() > kMaxLength ? text.substr(0, kMaxLength) + "…" : text;
}

std::string dispatch_key_name(std::string_view written) {
  std::string_view name = last_component(written);
  if (name.size() > 1 && name[0] == 'k' && is_upper(name[1])) {
    name.remove_prefix(1);
  }
  return std::string(name);
}

Registrations::Registrations(OperatorStructs structs) : load_structs_(std::move(structs)) {}

bool Registrations::is_of_interest(std::string_view name) const {
  return std::find(kInteresting.begin(), kInteresting.end(), name) != kInteresting.end();
}

// --- names and parameters

CppValue* Registrations::name(CppEvaluator& evaluator, std::string_view name,
                              const CppPlace& place) {
  if (const std::string_view type = find(kTypes, last_component(name)); !type.empty()) {
    return evaluator.make({.kind = Kind::Python, .text = std::string(type), .place = place});
  }
  const std::size_t ops = name.find("_ops::");
  if (ops != std::string_view::npos) {
    std::string_view rest = name.substr(ops + 6);
    const std::string_view member = last_component(rest);
    if (contains(rest, "::") && (member == "name" || member == "overload_name")) {
      if (!std::exchange(structs_loaded_, true)) structs_ = load_structs_();
      const auto known = structs_.find(std::string(rest.substr(0, rest.find("::"))));
      if (known == structs_.end()) {
        return evaluator.unknown(fmt::format("the PyTorch read has no operator at::_ops::{}", rest),
                                 place);
      }
      const std::string& full = known->second;
      const std::size_t dot = full.find('.');
      std::string text = member == "name"           ? "aten::" + full.substr(0, dot)
                         : dot == std::string::npos ? ""
                                                    : full.substr(dot + 1);
      return evaluator.make({.kind = Kind::String, .text = std::move(text), .place = place});
    }
  }
  return evaluator.make({.kind = Kind::Name, .text = std::string(name), .place = place});
}

CppValue* Registrations::parameter(CppEvaluator& evaluator, const CppNode& parameter,
                                   const CppPlace& function) {
  const std::string why = fmt::format("`{}` of {}() comes from a caller that no source shows",
                                      parameter.text, function.node->text);
  if (contains(parameter.type, "Library")) {
    return evaluator.make({.kind = Kind::Library, .why = why, .place = function});
  }
  if (contains(parameter.type, "module") || contains(parameter.type, "PyObject")) {
    // PyTorch's own sources and those that follow them call it so.
    const std::string path = parameter.text == "torch_c" ? "torch._C"
                             : parameter.text == "torch" ? "torch"
                                                         : "";
    return evaluator.make({.kind = Kind::Python, .text = path, .why = why, .place = function});
  }
  return nullptr;
}

bool Registrations::enter(CppEvaluator& evaluator, const CppPlace& function, CppScope& scope) {
  const std::string_view name = function.node->text;
  const auto parameters = parameters_of(*function.node);
  const auto text = [&](std::size_t number) {
    const CppNode& node = *parameters[number];
    return node.text.empty() ? node.type : node.text;
  };
  if (parameters.size() >= 2 && contains(name, "TORCH_LIBRARY")) {
    const bool implements = contains(name, "_IMPL") && parameters.size() >= 3;
    scope.names.emplace_back(
        text(implements ? 2 : 1),
        evaluator.make({.kind = Kind::Library,
                        .text = std::string(text(0)),
                        .key = implements ? dispatch_key_name(text(1)) : std::string(),
                        .place = function}));
    return true;
  }
  if (parameters.size() >= 2 && name.starts_with("PYBIND11_")) {
    scope.names.emplace_back(
        text(1),
        evaluator.make({.kind = Kind::Python, .text = std::string(text(0)), .place = function}));
    return true;
  }
  return false;
}

void Registrations::missing_definition(const CppCall& call) {
  const std::string_view name = last_component(call.name);
  if (contains(name, "regist")) {
    add_unknown({&call.file, &call.node}, fmt::format("what {}() registers", name),
                "it is declared and defined in no source given; is it written by the build?");
  }
}

// --- calls

CppValue* Registrations::call(CppEvaluator& evaluator, const CppCall& call) {
  if (call.object != nullptr) {
    return call_member(evaluator, call);
  }
  for (const auto method :
       {&Registrations::call_dispatcher, &Registrations::call_slot, &Registrations::call_python}) {
    if (CppValue* result = (this->*method)(evaluator, call)) return result;
  }
  return nullptr;
}

CppValue* Registrations::call_member(CppEvaluator& evaluator, const CppCall& call) {
  const auto& arguments = call.arguments;
  if (call.object->kind == Kind::Library) {
    return library_member(evaluator, call);
  }
  if (call.object->kind == Kind::Python) {
    return python_member(evaluator, call);
  }
  const CppPlace place{&call.file, &call.node};
  if (call.name == "registerImpl" && arguments.size() >= 2) {
    add(evaluator, call,
        {PatchKind::Kernel, "registerImpl", "", "@" + dispatch_key_name(arguments[1]->text),
         argument_text(call, 2)},
        *arguments[0]);
    return call.object;
  }
  if (call.name == "registerFallback" && !arguments.empty()) {
    emit(evaluator, place, PatchKind::Fallback, "*@" + dispatch_key_name(arguments[0]->text),
         "registerFallback", argument_text(call, 1));
    return call.object;
  }
  if ((call.name == "findSchemaOrThrow" || call.name == "findSchema" || call.name == "findOp") &&
      !arguments.empty()) {
    return call_dispatcher(evaluator, call);
  }
  if (call.name == "operator_name") {
    return call.object;
  }
  if (call.name == "Register" && arguments.size() >= 2) {
    const std::string registry = call.file.source(*call.node.items[0]->items[0]);
    const std::string_view function = std::string_view(registry).substr(0, registry.find('('));
    add(evaluator, call,
        {PatchKind::Override, "Registry::Register", fmt::format("{}::", last_component(function)),
         "", argument_text(call, 1)},
        *arguments[0]);
    return call.object;
  }
  if (const auto key = between(call.name, "set_", "_dispatch_ptr"); !key.empty()) {
    emit(evaluator, place, PatchKind::Kernel,
         fmt::format("{}@{}", last_component(call.object->text), key_of_capitals(upper(key))),
         std::string(call.name), argument_text(call, 0));
    return call.object;
  }
  if (call.name == "op" && contains(call.file.source(*call.node.items[0]), "RegisterOperators") &&
      !arguments.empty()) {
    add(evaluator, call, {PatchKind::Add, "RegisterOperators", "", "", argument_text(call, 1)},
        *arguments[0]);
    return call.object;
  }
  return nullptr;
}

CppValue* Registrations::library_member(CppEvaluator& evaluator, const CppCall& call) {
  const CppValue& library = *call.object;
  const auto& arguments = call.arguments;
  const CppPlace place{&call.file, &call.node};
  const bool registers = call.name == "impl" || call.name == "impl_UNBOXED" ||
                         call.name == "fallback" || call.name == "def";
  if (!registers || arguments.empty()) {
    return call.object;
  }
  if (library.text.empty()) {
    add_unknown(place, fmt::format("m.{}({}, …)", call.name, argument_text(call, 0)), library.why);
    return call.object;
  }
  if (call.name == "fallback") {
    emit(evaluator, place, PatchKind::Fallback,
         fmt::format("{}@{}", library.text == "_" ? "*" : library.text + "::*", library.key),
         "m.fallback", argument_text(call, 0));
    return call.object;
  }
  const std::string name_space = library.text + "::";
  if (call.name == "def") {
    add(evaluator, call, {PatchKind::Add, "m.def", name_space, "", argument_text(call, 1)},
        *arguments[0]);
    return call.object;
  }
  std::string key = library.key;
  std::string replacement = argument_text(call, arguments.size() - 1);
  if (arguments.back()->kind == Kind::Kernel) {
    key = arguments.back()->key;
    replacement = describe_callee(arguments.back()->text);
  } else if (arguments.size() >= 3 && arguments[1]->kind == Kind::Name) {
    key = dispatch_key_name(arguments[1]->text);
  }
  add(evaluator, call,
      {PatchKind::Kernel, fmt::format("m.{}", call.name), name_space,
       "@" + (key.empty() ? "CompositeImplicitAutograd" : key), replacement},
      *arguments[0]);
  return call.object;
}

CppValue* Registrations::call_dispatcher(CppEvaluator& evaluator, const CppCall& call) {
  const auto& arguments = call.arguments;
  const std::string_view name = last_component(call.name);
  const CppPlace place{&call.file, &call.node};
  if (name == "Library" && arguments.size() >= 2 && contains(arguments[0]->text, "Library::")) {
    const bool implements = arguments[0]->text.ends_with("IMPL") && arguments.size() >= 3;
    return evaluator.make({.kind = Kind::Library,
                           .text = arguments[1]->kind == Kind::String ? arguments[1]->text : "",
                           .key = implements ? dispatch_key_name(arguments[2]->text) : "",
                           .why = "its namespace is not known from sources",
                           .place = place});
  }
  if (name == "dispatch" && arguments.size() == 2) {
    return evaluator.make({.kind = Kind::Kernel,
                           .text = argument_text(call, 1),
                           .key = dispatch_key_name(arguments[0]->text),
                           .place = place});
  }
  if (name.starts_with("TORCH_SELECTIVE_") && arguments.size() == 1) {
    return arguments[0];
  }
  const bool finds = name == "findSchemaOrThrow" || name == "findSchema" || name == "findOp" ||
                     name == "OperatorName";
  if (finds && !arguments.empty()) {
    if (arguments[0]->kind != Kind::String) {
      return arguments[0];
    }
    const bool overload =
        arguments.size() > 1 && arguments[1]->kind == Kind::String && !arguments[1]->text.empty();
    return evaluator.make(
        {.kind = Kind::Operator,
         .text = arguments[0]->text + (overload ? "." + arguments[1]->text : std::string()),
         .place = arguments[0]->place});
  }
  if (name == "RegisterOperators" && arguments.size() >= 2) {
    add(evaluator, call, {PatchKind::Add, "RegisterOperators", "", "", argument_text(call, 1)},
        *arguments[0]);
    return arguments[0];
  }
  return nullptr;
}

/// Slots that hold one object for a device: guards, allocators, hooks, kernels of a dispatch stub.
CppValue* Registrations::call_slot(CppEvaluator& evaluator, const CppCall& call) {
  const auto& arguments = call.arguments;
  const std::string_view name = last_component(call.name);
  const CppPlace place{&call.file, &call.node};
  const auto slot = [&](PatchKind kind, std::string target, std::size_t replacement) {
    emit(evaluator, place, kind, std::move(target), std::string(name),
         argument_text(call, replacement));
    return evaluator.unknown("", place);
  };
  const auto key = [&](std::size_t number) { return dispatch_key_name(arguments[number]->text); };
  const std::size_t count = arguments.size();
  if ((name == "C10_REGISTER_GUARD_IMPL" || name == "DeviceGuardImplRegistrar") && count == 2) {
    return slot(PatchKind::Override, "DeviceGuardImpl@" + key(0), 1);
  }
  if ((name == "SetAllocator" || name == "REGISTER_ALLOCATOR") && count >= 2) {
    return slot(PatchKind::Override, "Allocator@" + key(0), 1);
  }
  if ((name == "setHostAllocator" || name == "REGISTER_HOST_ALLOCATOR") && count >= 2) {
    return slot(PatchKind::Override, "HostAllocator@" + key(0), 1);
  }
  if (name == "RegisterPrivateUse1HooksInterface" && count == 1) {
    return slot(PatchKind::Override, "PrivateUse1HooksInterface", 0);
  }
  if (name == "REGISTER_GENERATOR_PRIVATEUSE1" && count == 1) {
    return slot(PatchKind::Override, "Generator@PrivateUse1", 0);
  }
  if (name == "register_privateuse1_backend" && count == 1) {
    return slot(PatchKind::Override, "the name of PrivateUse1", 0);
  }
  if (const auto backend = between(name, "REGISTER_", "_HOOKS"); !backend.empty() && count == 1) {
    return slot(PatchKind::Override, fmt::format("{0}HooksRegistry::{0}Hooks", backend), 0);
  }
  if (name.starts_with("C10_REGISTER_") && count == 3) {
    return slot(PatchKind::Override, fmt::format("{}::{}", arguments[0]->text, arguments[1]->text),
                2);
  }
  const auto backend = between(name, "REGISTER_", "_DISPATCH");
  if ((!backend.empty() || name == "REGISTER_DISPATCH") && count == 2) {
    return slot(PatchKind::Kernel,
                fmt::format("{}@{}", last_component(arguments[0]->text),
                            backend.empty() ? "CPU" : key_of_capitals(backend)),
                1);
  }
  return nullptr;
}

// --- what all of them end in

void Registrations::add(CppEvaluator& evaluator, const CppCall& call, const Entry& entry,
                        const CppValue& name) {
  switch (name.kind) {
    case Kind::AnyOf:
      for (const CppValue* one : name.items) add(evaluator, call, entry, *one);
      break;
    case Kind::String:
    case Kind::Operator: {
      const std::string before =
          entry.before.empty() || !entry.before.ends_with("::") || entry.kind == PatchKind::Override
              ? entry.before + name.text
              : operator_name(entry.before.substr(0, entry.before.size() - 2), name.text);
      const std::string target =
          entry.kind == PatchKind::Override ? before : before.substr(0, before.find('('));
      emit(evaluator, name.place, entry.kind, target + entry.after, entry.how, entry.replacement);
      break;
    }
    default:
      add_unknown({&call.file, &call.node},
                  fmt::format("{}(<name>, …){}", entry.how,
                              entry.after.empty() ? "" : " at " + entry.after.substr(1)),
                  name.kind == Kind::Unknown
                      ? name.text
                      : fmt::format("`{}` is no name that sources tell", argument_text(call, 0)));
  }
}

void Registrations::emit(CppEvaluator& evaluator, const CppPlace& place, PatchKind kind,
                         std::string target, std::string how, std::string replacement) {
  Patch patch;
  patch.target = std::move(target);
  patch.kind = kind;
  patch.file = place.file->path();
  patch.line = place.file->line(place.node->range.begin);
  patch.how = std::move(how);
  patch.condition = place.file->condition(place.node->range.begin);
  for (const std::string& condition : evaluator.conditions()) {
    patch.condition += (patch.condition.empty() ? "" : " and ") + condition;
  }
  patch.replacement = std::move(replacement);
  patch.comparison.verdict = Verdict::NotApplicable;
  if (seen_.insert(fmt::format("{}|{}:{}", patch.target, patch.file, patch.line)).second) {
    patches.push_back(std::move(patch));
  }
}

void Registrations::add_unknown(const CppPlace& place, std::string what, std::string reason) {
  std::string where =
      fmt::format("{}:{}", place.file->path(), place.file->line(place.node->range.begin));
  if (seen_.insert(fmt::format("?{}|{}", what, where)).second) {
    unknown.push_back({std::move(what), std::move(reason), std::move(where)});
  }
}

}  // namespace torchdevice::gap

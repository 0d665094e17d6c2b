#include "gap/model/interpreter/standard_library.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>

namespace torchdevice::gap {
namespace {

/// functools.partial: of anything.
Value* partial(Machine& machine, BuiltinCall& call) {
  if (call.arguments.positional.empty()) return machine.unknown("a partial", call.place);
  auto& positional = call.arguments.positional;
  return machine.make(Partial{.callable = machine.force(positional[0]),
                              .arguments = {positional.begin() + 1, positional.end()},
                              .keywords = call.arguments.keywords,
                              .place = call.place});
}

/// A decorator of the standard library that is called for the real one: `@wraps(f)`.
template <const char* const& path>
Value* decorator_factory(Machine& machine, BuiltinCall& call) {
  return machine.make(Partial{.callable = machine.external(path),
                              .arguments = call.arguments.positional,
                              .keywords = call.arguments.keywords,
                              .place = call.place});
}

/// A decorator that is used with and without arguments: `@lru_cache`, `@lru_cache(maxsize=1)`,
/// `lru_cache(f)`.
template <const char* const& path>
Value* maybe_decorator_factory(Machine& machine, BuiltinCall& call) {
  Value* first = argument(machine, call, 0);
  if (first != nullptr && (first->as<Function>() || first->as<Class>() || first->as<Partial>() ||
                           first->as<BoundMethod>())) {
    return machine.apply_decorator(machine.external(path), first, call.frame, call.place);
  }
  return decorator_factory<path>(machine, call);
}

constexpr const char* kWraps = "functools.wraps";
constexpr const char* kDeprecated = "warnings.deprecated";
constexpr const char* kLruCache = "functools.lru_cache";
constexpr const char* kCache = "functools.cache";
constexpr const char* kDataclass = "dataclasses.dataclass";
constexpr const char* kContextManager = "contextlib.contextmanager";
constexpr const char* kCachedProperty = "functools.cached_property";
constexpr const char* kAbstract = "abc.abstractmethod";
constexpr const char* kTransparentFactory = "typing.dataclass_transform";

Value* update_wrapper(Machine& machine, BuiltinCall& call) {
  Value* wrapper = argument(machine, call, 0);
  Value* wrapped = argument(machine, call, 1);
  if (wrapper == nullptr) return machine.unknown("update_wrapper()", call.place);
  if (auto* function = wrapper->as<Function>()) function->wrapped = wrapped;
  return wrapper;
}

/// typing.cast(T, value) and its like.
Value* second(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 1);
  return value != nullptr ? value : machine.unknown("a call without arguments", call.place);
}

Value* import_by_name(Machine& machine, BuiltinCall& call) {
  Value* name = argument(machine, call, 0);
  if (name == nullptr || name->string() == nullptr) {
    return machine.unknown("a module by a name that is not known: " +
                               std::string(name == nullptr ? "" : machine.why_unknown(name)),
                           call.place);
  }
  std::string dotted(*name->string());
  if (dotted.starts_with('.')) {
    const Value* package = call.arguments.get(1, "package");
    if (package == nullptr || package->string() == nullptr) {
      return machine.unknown("a module by a relative name", call.place);
    }
    std::string base(*package->string());
    std::size_t dots = 1;
    for (; dots < dotted.size() && dotted[dots] == '.'; ++dots)
      base.resize(std::min(base.size(), base.rfind('.')));
    dotted = base + "." + dotted.substr(dots);
  }
  Value* module = machine.import_module(machine.intern(dotted), false);
  return module != nullptr ? module : machine.unknown("there is no module " + dotted, call.place);
}

Value* new_module(Machine& machine, BuiltinCall& call) {
  Value* name = argument(machine, call, 0);
  Value* value = machine.make(Module{});
  auto& module = *value->as<Module>();
  module.name = name != nullptr && name->string() != nullptr ? *name->string() : "<module>";
  module.subject = call.frame.module->subject;
  module.executed = true;
  return value;
}

Value* named_tuple(Machine& machine, BuiltinCall& call) {
  Value* name = argument(machine, call, 0);
  Value* cls = machine.make_class(
      name != nullptr && name->string() != nullptr ? *name->string() : "<namedtuple>",
      {machine.external("builtins.tuple")}, call.frame, call.place);
  auto& names = cls->as<Class>()->names;
  Value* fields = argument(machine, call, 1);
  if (fields == nullptr) return cls;
  std::vector<Value*> items;
  if (const std::string_view* text = fields->string()) {
    std::string word;
    for (const char c : std::string(*text) + " ") {
      if (c != ' ' && c != ',') {
        word += c;
      } else if (!word.empty()) {
        items.push_back(machine.string(word));
        word.clear();
      }
    }
  } else {
    for (Value* field : machine.iterate(fields, call.place).items) {
      field = machine.force(field);
      const auto* pair = field->as<Sequence>();  // NamedTuple("N", [("x", int)])
      items.push_back(pair != nullptr && !pair->items.empty() ? machine.force(pair->items[0])
                                                              : field);
    }
  }
  for (const Value* item : items) {
    if (item->string() == nullptr) continue;
    names.bind(*item->string(), {machine.make(Property{.place = call.place}), call.place, nullptr});
  }
  names.bind("_fields", {machine.list(items, Sequence::Kind::Tuple), call.place, nullptr});
  return cls;
}

/// inspect.getmembers(object[, predicate]).
Value* members(Machine& machine, BuiltinCall& call) {
  Value* owner = argument(machine, call, 0);
  if (owner == nullptr) return machine.unknown("getmembers()", call.place);
  Sequence rows = machine.names_of(owner, call.place);
  Value* predicate = call.arguments.get(1, "predicate");
  std::vector<Value*> kept;
  for (Value* name : rows.items) {
    Value* value = machine.attribute_or_unknown(owner, *name->string(), call.place);
    if (predicate != nullptr) {
      Arguments one{.positional = {value}};
      const Truth truth = machine.truth(
          machine.call(machine.force(predicate), std::move(one), call.frame, call.place));
      if (truth == Truth::False) continue;
      if (truth == Truth::Undecided) {
        rows.complete = false;
        rows.holes.push_back({"only a run decides which members are taken", call.place});
        continue;
      }
    }
    kept.push_back(machine.list({name, value}, Sequence::Kind::Tuple));
  }
  rows.items = std::move(kept);
  return machine.make(std::move(rows));
}

Value* module_of(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  Value* name =
      value == nullptr ? nullptr : machine.attribute(value, "__module__", call.place, true);
  ModuleEntry* entry =
      name == nullptr || name->string() == nullptr ? nullptr : machine.table.find(*name->string());
  if (entry == nullptr) return machine.unknown("the module of what is not known", call.place);
  return machine.module_value(*entry);
}

template <typename... Kinds>
Value* is_one_of(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  if (value == nullptr || value->as<Unknown>() || value->as<External>()) {
    return machine.unknown("the kind of what is not known", call.place);
  }
  return machine.boolean((... || (value->as<Kinds>() != nullptr)));
}

Value* is_generator_function(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  const auto* function = value == nullptr ? nullptr : value->as<Function>();
  if (function == nullptr) return machine.boolean(false);
  return machine.boolean(machine.is_generator(*function) && !function->context_manager);
}

Value* is_coroutine_function(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  const auto* function = value == nullptr ? nullptr : value->as<Function>();
  return machine.boolean(function != nullptr && function->definition != nullptr &&
                         function->definition->is_async);
}

/// packaging.version.parse(text), Version(text).
Value* version(Machine& machine, BuiltinCall& call) {
  Value* value = machine.make(Instance{
      .type = machine.external("packaging.version.Version"), .names = {}, .place = call.place});
  std::string text;
  Value* given = argument(machine, call, 0);
  if (given != nullptr && machine.to_text(given, text)) {
    value->as<Instance>()->names.bind("__value__", {machine.string(text), call.place, nullptr});
  }
  return value;
}

Value* install_import_hook(Machine& machine, BuiltinCall& call) {
  const bool insert = call.arguments.positional.size() > 1;
  if (Value* finder = argument(machine, call, insert ? 1 : 0)) {
    machine.record({.kind = StoreKind::ImportHook,
                    .owner = machine.external("sys.meta_path"),
                    .name = {},
                    .value = finder,
                    .place = call.place,
                    .unknown = "it can change any module that is imported"});
  }
  return machine.none();
}

Value* sys_module_get(Machine& machine, BuiltinCall& call) {
  Value* key = argument(machine, call, 0);
  if (key == nullptr) return machine.unknown("a module", call.place);
  machine.ambiguous = true;  // whether it was imported
  return machine.item(machine.external("sys.modules"), key, call.place);
}

Value* sys_module_set(Machine& machine, BuiltinCall& call) {
  Value* key = argument(machine, call, 0);
  Value* value = argument(machine, call, 1);
  if (key != nullptr && value != nullptr) machine.set_sys_module(key, value, call.place);
  return value != nullptr ? value : machine.none();
}

Value* sys_module_update(Machine& machine, BuiltinCall& call) {
  const Value* modules = argument(machine, call, 0);
  if (modules == nullptr || modules->as<Dict>() == nullptr) return machine.none();
  for (const auto& [key, value] : modules->as<Dict>()->items) {
    machine.set_sys_module(machine.force(key), value, call.place);
  }
  return machine.none();
}

Value* sys_module_pop(Machine& machine, BuiltinCall& call) {
  if (Value* key = argument(machine, call, 0)) {
    machine.set_sys_module(key, nullptr, call.place);
  }
  return machine.unknown("a module that was removed", call.place);
}

Value* platform_system(Machine& machine, BuiltinCall&) {
  const std::string& platform = machine.options.platform;
  return machine.string(platform == "darwin"  ? "Darwin"
                        : platform == "win32" ? "Windows"
                                              : "Linux");
}

}  // namespace

Value* known_value(Machine& machine, std::string_view path) {
  if (path == "typing.TYPE_CHECKING" || path == "typing_extensions.TYPE_CHECKING") {
    return machine.boolean(false);
  }
  if (path == "sys.platform") return machine.string(machine.options.platform);
  if (path == "os.name") {
    return machine.string(machine.options.platform == "win32" ? "nt" : "posix");
  }
  if (path == "sys.version_info") {
    return machine.list({machine.number(3), machine.number(machine.options.python_minor)},
                        Sequence::Kind::Tuple);
  }
  if (path == "sys.version_info.major") return machine.number(3);
  if (path == "sys.version_info.minor") return machine.number(machine.options.python_minor);
  return nullptr;
}

bool is_decorator_factory(std::string_view path) {
  static constexpr const char* kFactories[] = {kWraps,     kDeprecated,        kLruCache,
                                               kCache,     kContextManager,    kCachedProperty,
                                               kDataclass, kTransparentFactory};
  return std::find(std::begin(kFactories), std::end(kFactories), path) != std::end(kFactories);
}

Builtin find_standard_function(std::string_view path) {
  static const std::unordered_map<std::string_view, Builtin> kFunctions = {
      {"abc.abstractmethod", maybe_decorator_factory<kAbstract>},
      {"builtins.object.__setattr__",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         auto arguments = call.arguments.positional;
         if (call.self != nullptr) arguments.insert(arguments.begin(), call.self);
         if (arguments.size() == 3) {
           machine.set_attribute(StoreKind::Setattr, machine.force(arguments[0]),
                                 machine.force(arguments[1]), arguments[2], call.place);
         }
         return machine.none();
       }},
      {"collections.namedtuple", named_tuple},
      {"contextlib.contextmanager", maybe_decorator_factory<kContextManager>},
      {"copy.copy",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Value* value = argument(machine, call, 0);
         if (value == nullptr) return machine.unknown("a copy", call.place);
         if (const auto* list = value->as<Sequence>()) return machine.make(Sequence(*list));
         if (const auto* dict = value->as<Dict>()) return machine.make(Dict(*dict));
         return value;
       }},
      {"dataclasses.dataclass", maybe_decorator_factory<kDataclass>},
      {"functools.cache", maybe_decorator_factory<kCache>},
      {"functools.cached_property", maybe_decorator_factory<kCachedProperty>},
      {"functools.lru_cache", maybe_decorator_factory<kLruCache>},
      {"functools.partial", partial},
      {"functools.partialmethod", partial},
      {"functools.update_wrapper", update_wrapper},
      {"functools.wraps", decorator_factory<kWraps>},
      {"importlib.import_module", import_by_name},
      {"importlib.reload",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Value* module = argument(machine, call, 0);
         return module != nullptr ? module : machine.none();
       }},
      {"inspect.getmembers", members},
      {"inspect.getmodule", module_of},
      {"inspect.isclass", is_one_of<Class>},
      {"inspect.iscoroutinefunction", is_coroutine_function},
      {"inspect.isfunction", is_one_of<Function>},
      {"inspect.isgeneratorfunction", is_generator_function},
      {"inspect.ismethod", is_one_of<BoundMethod>},
      {"inspect.ismodule", is_one_of<Module>},
      {"inspect.isroutine", is_one_of<Function, BoundMethod>},
      {"inspect.unwrap",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Value* value = argument(machine, call, 0);
         for (const auto* function = value == nullptr ? nullptr : value->as<Function>();
              function != nullptr && function->wrapped != nullptr;
              function = value->as<Function>()) {
           value = function->wrapped;
         }
         return value != nullptr ? value : machine.unknown("unwrap()", call.place);
       }},
      {"module.getattr",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Value* name = argument(machine, call, 0);
         if (name == nullptr || name->string() == nullptr) {
           return machine.unknown("an attribute by a name that is not known", call.place);
         }
         return machine.attribute(call.self, *name->string(), call.place, true);
       }},
      {"packaging.version.Version", version},
      {"packaging.version.parse", version},
      {"pkg_resources.parse_version", version},
      {"distutils.version.LooseVersion", version},
      {"platform.system", platform_system},
      {"property.deleter",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Property property = *call.self->as<Property>();
         property.deleter = argument(machine, call, 0);
         return machine.make(property);
       }},
      {"property.getter",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Property property = *call.self->as<Property>();
         property.getter = argument(machine, call, 0);
         return machine.make(property);
       }},
      {"property.setter",
       [](Machine& machine, BuiltinCall& call) -> Value* {
         Property property = *call.self->as<Property>();
         property.setter = argument(machine, call, 0);
         return machine.make(property);
       }},
      {"sys.meta_path.append", install_import_hook},
      {"sys.meta_path.insert", install_import_hook},
      {"sys.path_hooks.append", install_import_hook},
      {"sys.path_hooks.insert", install_import_hook},
      {"sys.modules.get", sys_module_get},
      {"sys.modules.pop", sys_module_pop},
      {"sys.modules.setdefault", sys_module_set},
      {"sys.modules.update", sys_module_update},
      {"types.ModuleType", new_module},
      {"typing.NamedTuple", named_tuple},
      {"typing.cast", second},
      {"typing.dataclass_transform", maybe_decorator_factory<kTransparentFactory>},
      {"typing_extensions.dataclass_transform", maybe_decorator_factory<kTransparentFactory>},
      {"typing_extensions.deprecated", decorator_factory<kDeprecated>},
      {"warnings.deprecated", decorator_factory<kDeprecated>},
  };
  const auto at = kFunctions.find(path);
  return at == kFunctions.end() ? nullptr : at->second;
}

}  // namespace torchdevice::gap

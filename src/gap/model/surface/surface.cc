#include "gap/model/surface/surface.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "gap/model/interpreter/interpreter.h"
#include "gap/model/operators/operators.h"
#include "gap/model/surface/alias_candidates.h"
#include "gap/model/surface/describe.h"
#include "gap/model/surface/object_signatures.h"
#include "gap/model/surface/public_paths.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

/// The path that is listed as the object: where it is defined, else the shortest.
std::size_t canonical(Interpreter& interpreter, const PublicPaths& paths,
                      const std::vector<std::size_t>& same) {
  const auto rank = [&](std::size_t position) {
    const PublicPath& path = paths.all()[position];
    const bool defined_there = interpreter.defined_as(path.value) == path.path;
    return std::tuple(!path.in_scope, !defined_there, std::ranges::count(path.path, '.'),
                      path.path.size(), std::string_view(path.path));
  };
  return *std::ranges::min_element(same, {}, rank);
}

Value* stub_of(Interpreter& interpreter, const PublicPath& path) {
  const auto* module = path.owner == nullptr ? nullptr : path.owner->as<Module>();
  return module == nullptr || module->stub == nullptr ? nullptr
                                                      : interpreter.import_stub(module->name);
}

std::vector<std::string> path_texts(const PublicPaths& paths,
                                    const std::vector<std::size_t>& same) {
  std::vector<std::string> texts;
  for (const std::size_t position : same) {
    texts.push_back(paths.all()[position].path);
  }
  std::ranges::sort(texts);
  return texts;
}

void describe_all(Interpreter& interpreter, SignatureReader& signatures, const PublicPaths& paths,
                  Surface& surface) {
  Describer describer(interpreter, signatures);
  std::vector<bool> described(paths.all().size());
  for (std::size_t i = 0; i < paths.all().size(); ++i) {
    if (described[i] || !paths.all()[i].in_scope) {
      continue;
    }
    const std::vector<std::size_t>& same = paths.same_object(i);
    const std::size_t chosen = canonical(interpreter, paths, same);
    const PublicPath& object = paths.all()[chosen];
    SurfaceName entry = describer.describe(object.path, object.name, stub_of(interpreter, object),
                                           object.is_member, surface.unknown);
    entry.paths = path_texts(paths, same);
    for (const std::size_t position : same) {
      const PublicPath& path = paths.all()[position];
      described[position] = true;
      if (path.in_scope && position != chosen) {
        SurfaceName alias = entry;
        alias.name = path.path;
        alias.kind = NameKind::Alias;
        alias.public_by = path.name.by;
        alias.alias_of = entry.name;
        surface.names.push_back(std::move(alias));
      }
    }
    surface.names.push_back(std::move(entry));
  }
}

void sort_names(Surface& surface) {
  std::ranges::sort(surface.names, {}, &SurfaceName::name);
  const auto key = [](const UnknownName& name) {
    return std::tie(name.name, name.reason, name.place);
  };
  std::ranges::sort(surface.unknown, {}, key);
  const auto same = [&](const UnknownName& a, const UnknownName& b) { return key(a) == key(b); };
  surface.unknown.erase(std::unique(surface.unknown.begin(), surface.unknown.end(), same),
                        surface.unknown.end());
}

/// Null, with a line in `problems`, where the tree has none or they cannot be read.
std::optional<Operators> read_operators(const SourceTree& tree,
                                        std::vector<std::string>& problems) {
  try {
    return load_operators(tree);
  } catch (const ReadError& error) {
    problems.emplace_back(error.what());
    return std::nullopt;
  }
}

std::vector<std::string> public_modules(const Interpreter& interpreter) {
  std::vector<std::string> modules = interpreter.modules("torch");
  std::erase_if(modules, [](const std::string& module) { return !is_public_path(module); });
  return modules;
}

/// Whether the scope is so small that most modules need not be parsed.
bool is_narrow(const Interpreter& interpreter, const Scope& scope) {
  constexpr std::size_t kFewModules = 60;
  constexpr std::size_t kFewEntries = 8;
  if (scope.everything || scope.entries.size() > kFewEntries) {
    return false;
  }
  return std::ranges::all_of(scope.entries, [&](const ScopeEntry& entry) {
    return entry.name.find('.') != std::string::npos &&
           (!entry.submodules || interpreter.modules(entry.name).size() <= kFewModules);
  });
}

}  // namespace

std::string_view to_string(NameKind kind) {
  switch (kind) {
    case NameKind::Module:
      return "module";
    case NameKind::Class:
      return "class";
    case NameKind::Function:
      return "function";
    case NameKind::Builtin:
      return "builtin";
    case NameKind::Method:
      return "method";
    case NameKind::Property:
      return "property";
    case NameKind::Attribute:
      return "attribute";
    case NameKind::Alias:
      break;
  }
  return "alias";
}

bool is_callable(NameKind kind) {
  return kind == NameKind::Class || kind == NameKind::Function || kind == NameKind::Builtin ||
         kind == NameKind::Method;
}

std::string_view to_string(PublicBy reason) {
  switch (reason) {
    case PublicBy::All:
      return "all";
    case PublicBy::Convention:
      return "convention";
    case PublicBy::Member:
      return "member";
    case PublicBy::Scope:
      break;
  }
  return "scope";
}

const SurfaceName* Surface::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(names, name, {}, &SurfaceName::name);
  return found == names.end() || found->name != name ? nullptr : &*found;
}

Surface read_surface(const TorchSource& torch, const Scope& scope, unsigned threads) {
  Surface surface;
  surface.torch = torch.identity;
  Interpreter interpreter({.threads = threads});
  interpreter.add(*torch.tree, Role::Library);
  const std::vector<std::string> modules = public_modules(interpreter);
  const bool narrow = is_narrow(interpreter, scope);
  if (!narrow) {
    interpreter.load(modules);
  }
  const std::optional<Operators> operators = read_operators(*torch.tree, surface.problems);
  SignatureReader signatures(interpreter, operators ? &*operators : nullptr);
  PublicPaths paths(interpreter, scope);
  const SoughtWords sought = paths.sought();
  paths.look_in(paths.defining_modules(), sought);
  paths.look_in(narrow ? alias_candidates(*torch.tree, modules, sought) : modules, sought);
  paths.complete();
  surface.unknown = paths.take_unknown();
  describe_all(interpreter, signatures, paths, surface);
  sort_names(surface);
  const std::vector<std::string>& problems = interpreter.problems();
  surface.problems.insert(surface.problems.end(), problems.begin(), problems.end());
  return surface;
}

}  // namespace torchdevice::gap

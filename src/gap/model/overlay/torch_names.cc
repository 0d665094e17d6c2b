#include "gap/model/overlay/torch_names.h"

#include "gap/model/dotted_name.h"

namespace torchdevice::gap {
namespace {

bool has_private_part(std::string_view path) {
  return path.find("._") != std::string_view::npos || path.starts_with('_');
}

}  // namespace

bool is_torch_path(std::string_view path) { return path == "torch" || path.starts_with("torch."); }

bool is_compiled_type(std::string_view path) {
  const std::string_view module = owner_of(path);
  const std::string_view name = simple_name(path);
  return (module == "torch" || module == "torch.cuda" || module == "torch.sparse" ||
          module == "torch.cuda.sparse") &&
         name.size() > 6 && name.ends_with("Tensor");
}

std::string torch_name(Interpreter& interpreter, Value* owner) {
  if (const auto* module = owner->as<Module>()) {
    return is_torch_path(module->name) ? std::string(module->name) : std::string();
  }
  if (const auto* external = owner->as<External>()) {
    return is_torch_path(external->path) ? std::string(external->path) : std::string();
  }
  if (const auto* instance = owner->as<Instance>()) {
    if (instance->type == nullptr) return {};
    const std::string type = torch_name(interpreter, interpreter.force(instance->type));
    return type.empty() ? type : type + "()";
  }
  const auto* type = owner->as<Class>();
  if (type == nullptr || !is_torch_path(type->qualified_name)) {
    return {};
  }
  std::string defined(type->qualified_name);
  const std::string name = defined.substr(defined.rfind('.'));
  // The shortest public prefix of the defining module that has the class under the same name.
  for (std::size_t dot = defined.find('.'); dot != std::string::npos;
       dot = defined.find('.', dot + 1)) {
    const std::string candidate = defined.substr(0, dot) + name;
    if (!has_private_part(candidate) && interpreter.resolve(candidate) == owner) {
      return candidate;
    }
  }
  return defined;
}

}  // namespace torchdevice::gap

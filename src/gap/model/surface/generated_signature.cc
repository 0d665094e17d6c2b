#include "gap/model/surface/generated_signature.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gap/model/signature/one_line.h"
#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

std::string_view last_name(const Expr& e) {
  return e.kind == ExprKind::Name || e.kind == ExprKind::Attribute ? e.text : std::string_view();
}

/// The value of a keyword argument of a call; null where it is not given.
const Expr* keyword(const Expr& call, std::string_view name) {
  for (const Expr* item : call.items.subspan(1)) {
    if (item->kind == ExprKind::Keyword && item->text == name) {
      return item->items[0];
    }
  }
  return nullptr;
}

bool is_true(const Expr* e) { return e != nullptr && e->kind == ExprKind::True; }
bool is_false(const Expr* e) { return e != nullptr && e->kind == ExprKind::False; }

struct DataclassOptions {
  bool init = true;
  bool keyword_only = false;
};

std::optional<DataclassOptions> dataclass_options(const Class& cls) {
  if (cls.definition == nullptr) {
    return std::nullopt;
  }
  for (const Expr* decorator : cls.definition->decorators) {
    const bool is_call = decorator->kind == ExprKind::Call;
    const Expr& callee = is_call ? *decorator->items[0] : *decorator;
    if (last_name(callee) == "dataclass") {
      DataclassOptions options;
      if (is_call) {
        options.init = !is_false(keyword(*decorator, "init"));
        options.keyword_only = is_true(keyword(*decorator, "kw_only"));
      }
      return options;
    }
  }
  return std::nullopt;
}

/// Collects the fields of one class body, those under an `if` too.
class FieldReader {
 public:
  FieldReader(const PythonFile& file, bool keyword_only, std::vector<Parameter>& fields)
      : file_(file), keyword_only_(keyword_only), fields_(fields) {}

  void read(Block body) {
    for (const Stmt& statement : body) {
      if (const auto* assign = std::get_if<Assign>(&statement.node)) {
        read(*assign);
      } else if (const auto* branch = std::get_if<If>(&statement.node)) {
        read(branch->body);
        read(branch->orelse);
      }
    }
  }

 private:
  std::string written(const Expr& e) const { return one_line(file_.text(e.range)); }

  void read(const Assign& assign) {
    if (assign.annotation == nullptr || assign.targets.size() != 1 ||
        assign.targets[0]->kind != ExprKind::Name) {
      return;
    }
    const std::string annotation = written(*assign.annotation);
    if (annotation.find("KW_ONLY") != std::string::npos) {
      keyword_only_ = true;
      return;
    }
    if (annotation.find("ClassVar") != std::string::npos) {
      return;
    }
    Parameter field;
    field.name = assign.targets[0]->text;
    field.annotation = annotation;
    field.kind = keyword_only_ ? ParameterKind::KeywordOnly : ParameterKind::PositionalOrKeyword;
    bool init = true;
    if (assign.value != nullptr && assign.value->kind == ExprKind::Call &&
        last_name(*assign.value->items[0]) == "field") {
      init = !is_false(keyword(*assign.value, "init"));
      if (is_true(keyword(*assign.value, "kw_only"))) {
        field.kind = ParameterKind::KeywordOnly;
      }
      if (const Expr* value = keyword(*assign.value, "default")) {
        field.default_value = written(*value);
      } else if (keyword(*assign.value, "default_factory") != nullptr) {
        field.default_value = written(*assign.value);
      }
    } else if (assign.value != nullptr) {
      field.default_value = written(*assign.value);
    }
    put(std::move(field), init);
  }

  /// A field that is there already keeps its position.
  void put(Parameter field, bool init) {
    const auto known = std::ranges::find(fields_, field.name, &Parameter::name);
    if (!init) {
      if (known != fields_.end()) {
        fields_.erase(known);
      }
    } else if (known != fields_.end()) {
      *known = std::move(field);
    } else {
      fields_.push_back(std::move(field));
    }
  }

  const PythonFile& file_;
  bool keyword_only_;
  std::vector<Parameter>& fields_;
};

Signature generated_for(const Class& cls) {
  Signature signature;
  signature.source = FactSource::Synthesized;
  if (cls.place.file != nullptr) {
    signature.file = cls.place.file->path();
    signature.line = cls.place.file->line(cls.place.range.begin);
  }
  return signature;
}

/// What `namedtuple("X", ["a", "b"])` made: the interpreter keeps the names in `_fields`.
std::optional<Signature> from_field_names(const Class& cls) {
  const Binding* fields = cls.names.find("_fields");
  const auto* names = fields == nullptr ? nullptr : fields->definition.value->as<Sequence>();
  if (names == nullptr) {
    return std::nullopt;
  }
  Signature signature = generated_for(cls);
  signature.confidence = Confidence::Derived;  // `defaults=` is not known here
  for (const Value* item : names->items) {
    if (const std::string_view* name = item->string()) {
      signature.parameters.push_back(
          {std::string(*name), ParameterKind::PositionalOrKeyword, std::nullopt, ""});
    }
  }
  return signature;
}

}  // namespace

std::optional<Signature> dataclass_signature(Interpreter& interpreter, Value* value) {
  const auto* cls = value->as<Class>();
  const std::optional<DataclassOptions> options = dataclass_options(*cls);
  if (!options || !options->init || cls->place.file == nullptr) {
    return std::nullopt;
  }
  Signature signature = generated_for(*cls);
  const std::vector<Value*> order = interpreter.mro(value);
  for (auto base = order.rbegin(); base != order.rend(); ++base) {
    const auto* known = (*base)->as<Class>();
    const auto of_base = known == nullptr ? std::nullopt : dataclass_options(*known);
    if (of_base && known->place.file != nullptr) {
      FieldReader(*known->place.file, of_base->keyword_only, signature.parameters)
          .read(known->definition->body);
    }
  }
  std::stable_partition(
      signature.parameters.begin(), signature.parameters.end(),
      [](const Parameter& parameter) { return parameter.kind != ParameterKind::KeywordOnly; });
  signature.returns = "None";
  return signature;
}

std::optional<Signature> namedtuple_signature(const Class& cls) {
  if (cls.definition == nullptr) {
    return from_field_names(cls);
  }
  const bool is_namedtuple = std::ranges::any_of(cls.bases, [](const Value* base) {
    const auto* external = base->as<External>();
    return external != nullptr && is_typing_name(external->path, "NamedTuple");
  });
  if (!is_namedtuple || cls.place.file == nullptr) {
    return std::nullopt;
  }
  Signature signature = generated_for(cls);
  FieldReader(*cls.place.file, false, signature.parameters).read(cls.definition->body);
  return signature;
}

Signature enum_signature(const Class& cls) {
  Signature signature = generated_for(cls);
  signature.parameters = {{"value", ParameterKind::PositionalOrKeyword, std::nullopt, ""},
                          {"names", ParameterKind::PositionalOrKeyword, "None", ""}};
  for (const char* name : {"module", "qualname", "type"}) {
    signature.parameters.push_back({name, ParameterKind::KeywordOnly, "None", ""});
  }
  signature.parameters.push_back({"start", ParameterKind::KeywordOnly, "1", ""});
  signature.parameters.push_back({"boundary", ParameterKind::KeywordOnly, "None", ""});
  return signature;
}

bool is_typing_name(std::string_view path, std::string_view name) {
  for (const std::string_view module : {"typing.", "typing_extensions."}) {
    if (path.starts_with(module) && path.substr(module.size()) == name) {
      return true;
    }
  }
  return false;
}

}  // namespace torchdevice::gap

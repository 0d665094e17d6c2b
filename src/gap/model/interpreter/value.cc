#include "gap/model/interpreter/value.h"

#include <algorithm>
#include <functional>

#include "gap/read/python/python_file.h"

namespace torchdevice::gap {
namespace {

constexpr std::size_t kScannedBindings = 12;

bool is_inside(const Condition* inner, const Condition* outer) {
  if (outer == nullptr) return true;
  for (; inner != nullptr; inner = inner->outer) {
    if (inner == outer) return true;
  }
  return false;
}

bool starts_with_name_character(std::string_view text) {
  if (text.empty()) return false;
  const char c = text[0];
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether `text` reads the same as an operand of `not`: no `and`, `or`, `if` stands outside
/// brackets and strings.
bool is_one_operand(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const std::size_t end = text.find(c, i + 1);
      if (end == std::string_view::npos) return false;
      i = end;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (depth == 0 && (c == ' ' || c == '\n')) {
      const std::string_view rest = text.substr(i + 1);
      for (const std::string_view word : {"and", "or", "if"}) {
        if (rest.starts_with(word) && !starts_with_name_character(rest.substr(word.size())))
          return false;
      }
    }
  }
  return true;
}

/// The text of a test that does not hold.
std::string negation(std::string_view test) {
  constexpr std::string_view kNot = "not ";
  if (test.starts_with(kNot) && is_one_operand(test.substr(kNot.size()))) {
    return std::string(test.substr(kNot.size()));
  }
  return "not (" + std::string(test) + ")";
}

bool exclude_each_other(const Condition* a, const Condition* b) {
  return a != nullptr && b != nullptr && a != b && a->outer == b->outer && a->file == b->file &&
         a->test.begin == b->test.begin && a->kind == b->kind && a->negated != b->negated;
}

}  // namespace

std::string Place::text() const {
  if (file == nullptr) return {};
  return file->path() + ":" + std::to_string(file->line(range.begin));
}

std::string Condition::text() const {
  std::string written = file == nullptr ? std::string() : std::string(file->text(test));
  switch (kind) {
    case Kind::If:
      if (negated) written = negation(written);
      break;
    case Kind::Except:
      written = written.empty() ? "except" : "except " + written;
      break;
    case Kind::Loop:
      written = "loop over " + written;
      break;
    case Kind::Match:
      written = "case " + written;
      break;
  }
  return outer == nullptr ? written : outer->text() + " and " + written;
}

std::size_t Namespace::position(std::string_view name) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < bindings_.size(); ++i) {
      if (bindings_[i].name == name) return i;
    }
    return bindings_.size();
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = std::hash<std::string_view>{}(name)&mask;; slot = (slot + 1) & mask) {
    if (index_[slot] == 0) return bindings_.size();
    if (bindings_[index_[slot] - 1].name == name) return index_[slot] - 1;
  }
}

void Namespace::rebuild_index(std::size_t slots) {
  index_.assign(slots, 0);
  const std::size_t mask = slots - 1;
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    std::size_t slot = std::hash<std::string_view>{}(bindings_[i].name) & mask;
    while (index_[slot] != 0) slot = (slot + 1) & mask;
    index_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

Binding* Namespace::find(std::string_view name) {
  const std::size_t at = position(name);
  return at == bindings_.size() ? nullptr : &bindings_[at];
}

const Binding* Namespace::find(std::string_view name) const {
  const std::size_t at = position(name);
  return at == bindings_.size() ? nullptr : &bindings_[at];
}

Binding& Namespace::bind(std::string_view name, Definition definition, const Condition* base) {
  if (definition.condition == base) definition.condition = nullptr;
  Binding* old = find(name);
  if (old == nullptr) {
    bindings_.push_back({.name = name, .definition = definition});
    if (bindings_.size() * 2 > index_.size() && bindings_.size() > kScannedBindings) {
      rebuild_index(std::max<std::size_t>(64, index_.size() * 2));
    } else if (!index_.empty()) {
      const std::size_t mask = index_.size() - 1;
      std::size_t slot = std::hash<std::string_view>{}(name)&mask;
      while (index_[slot] != 0) slot = (slot + 1) & mask;
      index_[slot] = static_cast<std::uint32_t>(bindings_.size());
    }
    return bindings_.back();
  }
  const Condition* condition = definition.condition;
  if (old->deleted || condition == nullptr) {
    old->definition = definition;
    old->alternatives.clear();
    old->deleted = false;
    old->stub_import = false;
    return *old;
  }
  // What this overwrites goes; the rest can still be what the name stands for.
  std::vector<Definition> others;
  bool complement = false;
  const auto keep = [&](const Definition& other) {
    if (other.condition != nullptr && is_inside(other.condition, condition)) return;
    if (exclude_each_other(other.condition, condition)) complement = true;
    others.push_back(other);
  };
  keep(old->definition);
  for (const Definition& other : old->alternatives) keep(other);
  if (complement) {
    // Both branches of a test define the name: what stood before the test is gone.
    std::erase_if(others, [&](const Definition& other) {
      return is_inside(condition->outer, other.condition);
    });
    if (others.size() == 1 && others[0].value == definition.value) {
      definition.condition = condition->outer == base ? nullptr : condition->outer;
      others.clear();
    }
  }
  if (condition->kind == Condition::Kind::Except && !others.empty()) {
    old->definition = others.front();
    others.erase(others.begin());
    others.push_back(definition);
  } else {
    old->definition = definition;
  }
  old->alternatives = std::move(others);
  return *old;
}

void Namespace::remove(std::string_view name, const Condition* condition) {
  Binding* binding = find(name);
  if (binding == nullptr) return;
  std::vector<Definition> left;
  const auto keep = [&](const Definition& definition) {
    if (!is_inside(definition.condition, condition)) left.push_back(definition);
  };
  for (const Definition& alternative : binding->alternatives) keep(alternative);
  if (!is_inside(binding->definition.condition, condition)) {
    binding->alternatives = std::move(left);
    return;
  }
  binding->alternatives.clear();
  if (left.empty()) {
    binding->deleted = true;
    return;
  }
  binding->definition = left.back();
  left.pop_back();
  binding->alternatives = std::move(left);
}

void Namespace::add_hole(std::string_view reason, Place place) {
  for (const Hole& hole : holes) {
    if (hole.place.file == place.file && hole.place.range.begin == place.range.begin) return;
  }
  holes.push_back({std::string(reason), place});
}

const std::string_view* Value::string() const {
  const Constant* constant = as<Constant>();
  if (constant == nullptr || constant->kind != Constant::Kind::String) return nullptr;
  return &constant->text;
}

}  // namespace torchdevice::gap

#include "gap/model/interpreter/version_order.h"

#include <algorithm>

#include "gap/model/interpreter/numbers.h"

namespace torchdevice::gap {
namespace {

bool is_version_object(Machine& machine, const Value* value) {
  const auto* instance = value->as<Instance>();
  if (instance == nullptr || instance->names.find("__value__") == nullptr) return false;
  const std::string_view type = machine.defined_as(machine.force(instance->type));
  return type.ends_with("Version");
}

/// The numbers of a version: of its text, or of a tuple such as (2, 1).
std::optional<std::vector<std::int64_t>> numbers_of(Machine& machine, const Value* value) {
  if (const auto text = version_text(value)) return release_numbers(*text);
  const auto* sequence = value->as<Sequence>();
  if (sequence == nullptr || !sequence->complete) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (Value* item : sequence->items) {
    const auto number = integer(machine.force(item));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

std::optional<std::string_view> version_text(const Value* value) {
  if (const std::string_view* text = value->string()) return *text;
  const auto* instance = value->as<Instance>();
  if (instance == nullptr) return std::nullopt;
  const Binding* text = instance->names.find("__value__");
  if (text == nullptr || text->definition.value->string() == nullptr) return std::nullopt;
  return *text->definition.value->string();
}

std::vector<std::int64_t> release_numbers(std::string_view version) {
  std::vector<std::int64_t> numbers;
  if (version.starts_with('v')) version.remove_prefix(1);
  for (std::size_t at = 0; at < version.size();) {
    if (version[at] < '0' || version[at] > '9') break;
    std::int64_t number = 0;
    while (at < version.size() && version[at] >= '0' && version[at] <= '9' && number < 1'000'000) {
      number = number * 10 + (version[at++] - '0');
    }
    numbers.push_back(number);
    if (at == version.size() || version[at] != '.') break;
    ++at;
  }
  return numbers;
}

std::optional<int> compare_versions(Machine& machine, Value* left, Value* right) {
  if (!is_version_object(machine, left) && !is_version_object(machine, right)) return std::nullopt;
  auto a = numbers_of(machine, left), b = numbers_of(machine, right);
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  const std::size_t size = std::max(a->size(), b->size());
  a->resize(size);
  b->resize(size);
  if (*a == *b) return 0;
  return *a < *b ? -1 : 1;
}

}  // namespace torchdevice::gap

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {

Sequence Machine::iterate(Value* value, Place place) {
  value = force(value);
  Sequence items{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  if (const auto* sequence = value->as<Sequence>()) return *sequence;
  if (const auto* dict = value->as<Dict>()) {
    for (const auto& item : dict->items) items.items.push_back(item.first);
    items.complete = dict->complete;
    items.holes = dict->holes;
    return items;
  }
  if (const std::string_view* text = value->string()) {
    for (std::size_t i = 0; i < text->size(); ++i)
      items.items.push_back(string(text->substr(i, 1)));
    return items;
  }
  if (const auto* method = value->as<BoundMethod>()) {
    const auto* function = method->function->as<External>();
    if (function != nullptr && function->path == "namespace") return names_of(method->self, place);
  }
  items.complete = false;
  items.holes.push_back({std::string(why_unknown(value)), place});
  return items;
}

}  // namespace torchdevice::gap

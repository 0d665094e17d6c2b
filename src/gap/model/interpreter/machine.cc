#include "gap/model/interpreter/machine.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace torchdevice::gap {

Machine::Machine(Interpreter::Options given)
    : options(std::move(given)),
      none_(make(Constant{Constant::Kind::None, "None"})),
      true_(make(Constant{Constant::Kind::True, "True"})),
      false_(make(Constant{Constant::Kind::False, "False"})) {}

Value* Arguments::get(std::size_t position, std::string_view keyword) const {
  for (const auto& [name, value] : keywords) {
    if (name == keyword) return value;
  }
  return position < positional.size() ? positional[position] : nullptr;
}

std::string_view Machine::intern(std::string_view text) {
  if (const auto at = texts_.find(text); at != texts_.end()) return *at;
  auto* copy = static_cast<char*>(text_memory_.allocate(std::max<std::size_t>(text.size(), 1), 1));
  std::memcpy(copy, text.data(), text.size());
  return *texts_.insert(std::string_view(copy, text.size())).first;
}

Value* Machine::unknown(std::string_view reason, Place place) {
  reason = intern(reason);
  Value*& known = unknowns_[{reason.data(), place.file, place.range.begin}];
  if (known == nullptr) known = make(Unknown{reason, place});
  return known;
}

Value* Machine::boolean(Truth truth, Place place) {
  if (truth == Truth::Undecided) return unknown("a test that only a run decides", place);
  return boolean(truth == Truth::True);
}

Value* Machine::string(std::string_view text) {
  if (const auto at = strings_.find(text); at != strings_.end()) return at->second;
  return this->text(intern(text));
}

Value* Machine::text(std::string_view lasting) {
  Value*& value = strings_[lasting];
  if (value == nullptr) value = make(Constant{Constant::Kind::String, lasting});
  return value;
}

Value* Machine::number(std::int64_t value) {
  return make(Constant{Constant::Kind::Number, intern(std::to_string(value))});
}

Value* Machine::list(std::vector<Value*> items, Sequence::Kind kind) {
  return make(Sequence{.kind = kind, .items = std::move(items), .complete = true, .holes = {}});
}

Value* Machine::external(std::string_view path) {
  if (const auto at = externals_.find(path); at != externals_.end()) return at->second;
  path = intern(path);
  Value* value = make(External{path, {}});
  externals_.emplace(path, value);
  return value;
}

const Condition* Machine::condition(Condition condition) {
  const Condition*& known = condition_index_[{condition.outer, condition.file, condition.test.begin,
                                              condition.negated, condition.kind}];
  if (known == nullptr) known = &conditions_.emplace_back(condition);
  return known;
}

std::optional<const Condition*> Machine::both(const Condition* outer, const Condition* inner) {
  if (inner == nullptr) return outer;
  const std::optional<const Condition*> base = both(outer, inner->outer);
  if (!base) return std::nullopt;
  for (const Condition* one = outer; one != nullptr; one = one->outer) {
    if (one->file != inner->file || one->test.begin != inner->test.begin ||
        one->kind != inner->kind) {
      continue;
    }
    if (one->negated != inner->negated) return std::nullopt;
    return base;
  }
  Condition inside = *inner;
  inside.outer = *base;
  return condition(inside);
}

Frame& Machine::new_frame(const Frame& like) {
  Frame* frame;
  if (free_frames_.empty()) {
    frame = &frames_.emplace_back();
  } else {
    frame = free_frames_.back();
    free_frames_.pop_back();
    *frame = Frame{};
  }
  frame->module = like.module;
  frame->module_value = like.module_value;
  frame->stub = like.stub;
  frame->condition = current_condition;
  frame->names = &frame->locals;
  return *frame;
}

void Machine::recycle(Frame& frame) {
  if (!frame.captured) free_frames_.push_back(&frame);
}

}  // namespace torchdevice::gap

#include <algorithm>
#include <string>
#include <unordered_map>

#include "gap/model/interpreter/numbers.h"
#include "gap/model/interpreter/standard_library.h"

namespace torchdevice::gap {
namespace {

Sequence iterate_argument(Machine& machine, BuiltinCall& call, std::size_t i) {
  Value* value = argument(machine, call, i);
  if (value != nullptr) return machine.iterate(value, call.place);
  return {.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
}

Value* zip(Machine& machine, BuiltinCall& call) {
  Sequence rows{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  std::vector<Sequence> columns;
  std::size_t size = call.arguments.positional.empty() ? 0 : SIZE_MAX;
  for (std::size_t i = 0; i < call.arguments.positional.size(); ++i) {
    columns.push_back(iterate_argument(machine, call, i));
    size = std::min(size, columns.back().items.size());
    rows.complete &= columns.back().complete;
    rows.holes.insert(rows.holes.end(), columns.back().holes.begin(), columns.back().holes.end());
  }
  for (std::size_t row = 0; row < size; ++row) {
    std::vector<Value*> items;
    for (const Sequence& column : columns) items.push_back(column.items[row]);
    rows.items.push_back(machine.list(std::move(items), Sequence::Kind::Tuple));
  }
  return machine.make(std::move(rows));
}

Value* enumerate(Machine& machine, BuiltinCall& call) {
  Sequence rows = iterate_argument(machine, call, 0);
  rows.kind = Sequence::Kind::List;
  Value* start = call.arguments.get(1, "start");
  std::int64_t i = start == nullptr ? 0 : integer(machine.force(start)).value_or(0);
  for (Value*& item : rows.items) {
    item = machine.list({machine.number(i++), item}, Sequence::Kind::Tuple);
  }
  return machine.make(std::move(rows));
}

Value* range(Machine& machine, BuiltinCall& call) {
  std::optional<std::int64_t> bounds[3];
  const std::size_t given = std::min<std::size_t>(call.arguments.positional.size(), 3);
  for (std::size_t i = 0; i < given; ++i) {
    bounds[i] = integer(argument(machine, call, i));
    if (!bounds[i]) return machine.unknown("a range that only a run knows", call.place);
  }
  const std::int64_t begin = given > 1 ? *bounds[0] : 0;
  const std::int64_t end = given > 1 ? *bounds[1] : bounds[0].value_or(0);
  const std::int64_t step = given > 2 ? *bounds[2] : 1;
  if (step == 0) return machine.unknown("a range without a step", call.place);
  std::vector<Value*> items;
  for (std::int64_t i = begin; step > 0 ? i < end : i > end; i += step) {
    if (items.size() >= Interpreter::kMaxUnrolled) {
      return machine.unknown("a range longer than is followed", call.place);
    }
    items.push_back(machine.number(i));
  }
  return machine.list(std::move(items));
}

/// By text or number; in the order given where an item is neither.
Value* sorted(Machine& machine, BuiltinCall& call) {
  Sequence items = iterate_argument(machine, call, 0);
  items.kind = Sequence::Kind::List;
  for (Value*& item : items.items) item = machine.force(item);
  const bool texts = std::all_of(items.items.begin(), items.items.end(),
                                 [](const Value* item) { return item->string() != nullptr; });
  const bool numbers = std::all_of(items.items.begin(), items.items.end(),
                                   [](const Value* item) { return integer(item).has_value(); });
  if (call.arguments.get(SIZE_MAX, "key") == nullptr) {
    if (texts) {
      std::stable_sort(items.items.begin(), items.items.end(),
                       [](const Value* a, const Value* b) { return *a->string() < *b->string(); });
    } else if (numbers) {
      std::stable_sort(items.items.begin(), items.items.end(),
                       [](const Value* a, const Value* b) { return *integer(a) < *integer(b); });
    }
  }
  const Value* backwards = call.arguments.get(SIZE_MAX, "reverse");
  if (backwards != nullptr && machine.truth(const_cast<Value*>(backwards)) == Truth::True) {
    std::reverse(items.items.begin(), items.items.end());
  }
  return machine.make(std::move(items));
}

Value* reversed(Machine& machine, BuiltinCall& call) {
  Sequence items = iterate_argument(machine, call, 0);
  items.kind = Sequence::Kind::List;
  std::reverse(items.items.begin(), items.items.end());
  return machine.make(std::move(items));
}

Value* map(Machine& machine, BuiltinCall& call) {
  Value* function = argument(machine, call, 0);
  if (function == nullptr || call.arguments.positional.size() != 2) {
    return machine.unknown("a map over several lists", call.place);
  }
  Sequence items = iterate_argument(machine, call, 1);
  items.kind = Sequence::Kind::List;
  for (Value*& item : items.items) {
    item = machine.call(function, Arguments{.positional = {item}}, call.frame, call.place);
  }
  return machine.make(std::move(items));
}

Value* filter(Machine& machine, BuiltinCall& call) {
  Value* function = argument(machine, call, 0);
  Sequence items = iterate_argument(machine, call, 1);
  if (function == nullptr) return machine.make(std::move(items));
  const bool by_truth =
      function->as<Constant>() && function->as<Constant>()->kind == Constant::Kind::None;
  Sequence kept{
      .kind = Sequence::Kind::List, .items = {}, .complete = items.complete, .holes = items.holes};
  for (Value* item : items.items) {
    Value* decided =
        by_truth ? item
                 : machine.call(function, Arguments{.positional = {item}}, call.frame, call.place);
    const Truth truth = machine.truth(decided);
    if (truth == Truth::True) kept.items.push_back(item);
    if (truth != Truth::Undecided) continue;
    kept.complete = false;
    kept.holes.push_back({"only a run decides which of the items are taken", call.place});
  }
  return machine.make(std::move(kept));
}

template <Truth stop>
Value* quantify(Machine& machine, BuiltinCall& call) {
  const Sequence items = iterate_argument(machine, call, 0);
  Truth result = stop == Truth::True ? Truth::False : Truth::True;
  if (!items.complete) result = Truth::Undecided;
  for (Value* item : items.items) {
    const Truth truth = machine.truth(item);
    if (truth == stop) return machine.boolean(stop, call.place);
    if (truth == Truth::Undecided) result = truth;
  }
  return machine.boolean(result, call.place);
}

Value* sum(Machine& machine, BuiltinCall& call) {
  const Sequence items = iterate_argument(machine, call, 0);
  Value* total = call.arguments.get(1, "start");
  if (total == nullptr) total = machine.number(0);
  if (!items.complete) return machine.unknown("a sum of what is not known", call.place);
  for (Value* item : items.items) {
    total = machine.binary("+", machine.force(total), machine.force(item), call.place);
  }
  return total;
}

Value* next(Machine& machine, BuiltinCall& call) {
  const Sequence items = iterate_argument(machine, call, 0);
  if (!items.items.empty()) return items.items.front();
  Value* fallback = argument(machine, call, 1);
  if (items.complete && fallback != nullptr) return fallback;
  return machine.unknown("the first of what is not known", call.place);
}

Value* same(Machine& machine, BuiltinCall& call) {
  Value* value = argument(machine, call, 0);
  return value != nullptr ? value : machine.unknown("a call without arguments", call.place);
}

Value* chain(Machine& machine, BuiltinCall& call) {
  Sequence all{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  for (std::size_t i = 0; i < call.arguments.positional.size(); ++i) {
    machine.extend(all, iterate_argument(machine, call, i), machine.current_condition, call.place);
  }
  return machine.make(std::move(all));
}

Value* product(Machine& machine, BuiltinCall& call) {
  Sequence rows{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  rows.items.push_back(machine.list({}, Sequence::Kind::Tuple));
  for (std::size_t i = 0; i < call.arguments.positional.size(); ++i) {
    const Sequence column = iterate_argument(machine, call, i);
    rows.complete &= column.complete;
    if (rows.items.size() * column.items.size() > Interpreter::kMaxUnrolled) {
      return machine.unknown("a product longer than is followed", call.place);
    }
    std::vector<Value*> longer;
    for (Value* row : rows.items) {
      for (Value* item : column.items) {
        std::vector<Value*> items = row->as<Sequence>()->items;
        items.push_back(item);
        longer.push_back(machine.list(std::move(items), Sequence::Kind::Tuple));
      }
    }
    rows.items = std::move(longer);
  }
  return machine.make(std::move(rows));
}

}  // namespace

Builtin find_iteration_function(std::string_view path) {
  static const std::unordered_map<std::string_view, Builtin> kFunctions = {
      {"builtins.all", quantify<Truth::False>},
      {"builtins.any", quantify<Truth::True>},
      {"builtins.enumerate", enumerate},
      {"builtins.filter", filter},
      {"builtins.iter", same},
      {"builtins.map", map},
      {"builtins.next", next},
      {"builtins.range", range},
      {"builtins.reversed", reversed},
      {"builtins.sorted", sorted},
      {"builtins.sum", sum},
      {"builtins.zip", zip},
      {"itertools.chain", chain},
      {"itertools.product", product},
  };
  const auto at = kFunctions.find(path);
  return at == kFunctions.end() ? nullptr : at->second;
}

}  // namespace torchdevice::gap

#include <algorithm>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// The scope in which an assignment to the name takes effect.
Frame* scope_of(std::string_view name, Frame& frame) {
  const auto declared = [&](const std::vector<std::string_view>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  Frame* scope = &frame;
  // `:=` in a comprehension binds outside it; targets are bound in it directly.
  if (declared(scope->globals)) {
    while (scope->outer != nullptr) scope = scope->outer;
  } else if (declared(scope->nonlocals)) {
    for (Frame* outer = scope->outer; outer != nullptr; outer = outer->outer) {
      if (outer->kind == Frame::Kind::Function && outer->names->find(name) != nullptr) return outer;
    }
  }
  return scope;
}

void assign_several(Machine& machine, std::span<const Expr* const> targets, Value* value,
                    Frame& frame, Place place) {
  const Sequence items = machine.iterate(value, place);
  const auto starred = std::find_if(targets.begin(), targets.end(), [](const Expr* target) {
    return target->kind == ExprKind::Starred;
  });
  const auto fixed = static_cast<std::size_t>(starred - targets.begin());
  const auto unpacked = [&](std::size_t i) -> Value* {
    if (i < items.items.size()) return items.items[i];
    return machine.unknown(items.holes.empty() ? "an item that the list does not have"
                                               : std::string_view(items.holes.front().reason),
                           place);
  };
  for (std::size_t i = 0; i < fixed; ++i) {
    machine.assign(*targets[i], unpacked(i), frame, place);
  }
  if (starred == targets.end()) return;
  const std::size_t behind = targets.size() - fixed - 1;
  const std::size_t end = items.items.size() > fixed + behind ? items.items.size() - behind : fixed;
  Sequence rest{
      .kind = Sequence::Kind::List, .items = {}, .complete = items.complete, .holes = items.holes};
  for (std::size_t i = fixed; i < end; ++i) rest.items.push_back(unpacked(i));
  machine.assign(*(*starred)->items[0], machine.make(std::move(rest)), frame, place);
  for (std::size_t i = 0; i < behind; ++i) {
    machine.assign(*targets[fixed + 1 + i], unpacked(end + i), frame, place);
  }
}

/// What a stub says by `name: T`: an object of that type.
Value* declared_value(Machine& machine, const Assign& statement, Frame& frame, Place place) {
  frame.capture();
  Value* type =
      machine.make(Deferred{.expression = statement.annotation, .frame = &frame, .place = place});
  return machine.make(Instance{.type = type, .names = {}, .place = place});
}

bool names_all(const Assign& statement) {
  return std::any_of(statement.targets.begin(), statement.targets.end(), [](const Expr* target) {
    return target->kind == ExprKind::Name && target->text == "__all__";
  });
}

}  // namespace

void Machine::bind_name(std::string_view name, Value* value, Frame& frame, Place place) {
  Frame* scope = scope_of(name, frame);
  scope->names->bind(name, {value, place, current_condition}, scope->condition);
}

void Machine::assign(const Expr& target, Value* value, Frame& frame, Place place) {
  switch (target.kind) {
    case ExprKind::Name:
      bind_name(target.text, value, frame, place);
      break;
    case ExprKind::Attribute:
      set_attribute(StoreKind::Assignment, evaluate_forced(*target.items[0], frame), target.text,
                    value, place);
      break;
    case ExprKind::Subscript: {
      Value* owner = evaluate_forced(*target.items[0], frame);
      if (target.items.size() != 2 || target.items[1]->kind == ExprKind::Slice) break;
      set_item(owner, evaluate_forced(*target.items[1], frame), value, place);
      break;
    }
    case ExprKind::Tuple:
    case ExprKind::List:
      assign_several(*this, target.items, value, frame, place);
      break;
    default:
      break;  // a syntax error, listed by the parser
  }
}

Flow Machine::run(const Assign& statement, Frame& frame, Place place) {
  if (!statement.op.empty()) {
    augment(statement, frame, place);
    return Flow::Next;
  }
  const bool no_value = statement.value == nullptr || statement.value->kind == ExprKind::Ellipsis;
  if (no_value && statement.annotation != nullptr && frame.stub) {
    assign(*statement.targets[0], declared_value(*this, statement, frame, place), frame, place);
    return Flow::Next;
  }
  if (statement.value == nullptr) return Flow::Next;
  Value* value = names_all(statement) ? evaluate_forced(*statement.value, frame)
                                      : evaluate(*statement.value, frame);
  for (const Expr* target : statement.targets) assign(*target, value, frame, place);
  return Flow::Next;
}

void Machine::augment(const Assign& statement, Frame& frame, Place place) {
  const Expr& target = *statement.targets[0];
  const std::string_view op = statement.op.substr(0, statement.op.size() - 1);
  Value* before = evaluate_forced(target, frame);
  Value* operand = evaluate_forced(*statement.value, frame);
  auto* list = before->as<Sequence>();
  const bool own =
      target.kind == ExprKind::Name || owns(force(evaluate_forced(*target.items[0], frame)));
  if (op == "+" && list != nullptr && list->kind == Sequence::Kind::List && own) {
    extend(*list, iterate(operand, place), frame.condition, place);
    return;
  }
  Value* result = binary(op, before, operand, place);
  if (target.kind == ExprKind::Attribute) {
    set_attribute(StoreKind::AugmentedAssignment, evaluate_forced(*target.items[0], frame),
                  target.text, result, place);
  } else {
    assign(target, result, frame, place);
  }
}

void Machine::extend(Sequence& list, const Sequence& more, const Condition* base, Place place) {
  const auto leave_open = [&](std::string reason, Place where) {
    list.complete = false;
    for (const Namespace::Hole& hole : list.holes) {
      if (hole.place.file == where.file && hole.place.range.begin == where.range.begin) return;
    }
    list.holes.push_back({std::move(reason), where});
  };
  list.items.insert(list.items.end(), more.items.begin(), more.items.end());
  list.complete &= more.complete;
  for (const Namespace::Hole& hole : more.holes) leave_open(hole.reason, hole.place);
  if (current_condition != base && current_condition != nullptr) {
    leave_open("some are added only where " + current_condition->text(), place);
  } else if (handled_imports > 0) {
    leave_open("some are added only where an import succeeds", place);
  }
}

Flow Machine::run(const Delete& statement, Frame& frame, Place place) {
  for (const Expr* target : statement.targets) {
    switch (target->kind) {
      case ExprKind::Name: {
        Frame* scope = scope_of(target->text, frame);
        scope->names->remove(target->text,
                             current_condition == scope->condition ? nullptr : current_condition);
        break;
      }
      case ExprKind::Attribute:
        delete_attribute(evaluate_forced(*target->items[0], frame), string(target->text), place);
        break;
      case ExprKind::Subscript:
        if (target->items.size() == 2 && target->items[1]->kind != ExprKind::Slice) {
          delete_item(evaluate_forced(*target->items[0], frame),
                      evaluate_forced(*target->items[1], frame), place);
        }
        break;
      case ExprKind::Tuple:
      case ExprKind::List:
        run(Delete{target->items}, frame, place);
        break;
      default:
        break;
    }
  }
  return Flow::Next;
}

}  // namespace torchdevice::gap

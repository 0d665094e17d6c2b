#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

/// Runs the clauses of one comprehension, from the outermost `for` in.
class Comprehension {
 public:
  Comprehension(Machine& machine, const Expr& expression, Frame& outer)
      : machine_(machine),
        expression_(expression),
        outer_(outer),
        scope_(machine.new_frame(outer)),
        is_dict_(expression.kind == ExprKind::DictComp) {
    scope_.kind = Frame::Kind::Comprehension;
    scope_.outer = &outer;
    scope_.object = outer.object;
    scope_.qualified_name = outer.qualified_name;
  }
  ~Comprehension() { machine_.recycle(scope_); }
  Comprehension(const Comprehension&) = delete;
  Comprehension& operator=(const Comprehension&) = delete;

  Value* run() {
    clause(is_dict_ ? 2 : 1);
    if (is_dict_) return machine_.make(std::move(dict_));
    sequence_.kind =
        expression_.kind == ExprKind::SetComp ? Sequence::Kind::Set : Sequence::Kind::List;
    return machine_.make(std::move(sequence_));
  }

 private:
  void leave_open(std::string_view reason, Place place) {
    sequence_.complete = dict_.complete = false;
    auto& holes = is_dict_ ? dict_.holes : sequence_.holes;
    for (const Namespace::Hole& hole : holes) {
      if (hole.place.range.begin == place.range.begin) return;
    }
    holes.push_back({std::string(reason), place});
  }

  void clause(std::size_t i) {
    ++machine_.steps;
    if (++rounds_ > Interpreter::kMaxUnrolled) {
      leave_open("too many rounds to follow", {outer_.module->file, expression_.range});
      return;
    }
    if (i == expression_.items.size()) return element();
    const Expr& written = *expression_.items[i];
    const Place place{outer_.module->file, written.range};
    if (written.kind == ExprKind::CompIf) {
      const Truth truth = machine_.test(*written.items[0], scope_);
      if (truth == Truth::Undecided) {
        leave_open("only a run decides which of the items are taken", place);
        // What a subject may patch is worth knowing; a name that may not be there is no name.
        if (!outer_.module->subject) return;
      }
      if (truth != Truth::False) clause(i + 1);
      return;
    }
    const bool first = i == (is_dict_ ? 2u : 1u);
    Value* iterable = machine_.evaluate(*written.items[1], first ? outer_ : scope_);
    const Sequence items = machine_.iterate(iterable, place);
    for (Value* item : items.items) {
      machine_.assign(*written.items[0], item, scope_, place);
      clause(i + 1);
    }
    if (!items.complete) {
      leave_open(items.holes.empty() ? "not all items are known" : items.holes.front().reason,
                 place);
    }
  }

  void element() {
    Value* value = machine_.evaluate_forced(*expression_.items[0], scope_);
    if (is_dict_) {
      machine_.dict_set(dict_, value, machine_.evaluate_forced(*expression_.items[1], scope_));
    } else {
      sequence_.items.push_back(value);
    }
  }

  Machine& machine_;
  const Expr& expression_;
  Frame& outer_;
  Frame& scope_;
  bool is_dict_;
  Sequence sequence_{.kind = Sequence::Kind::List, .items = {}, .complete = true, .holes = {}};
  Dict dict_;
  std::size_t rounds_ = 0;
};

}  // namespace

Value* Machine::evaluate_comprehension(const Expr& expression, Frame& frame) {
  return Comprehension(*this, expression, frame).run();
}

}  // namespace torchdevice::gap

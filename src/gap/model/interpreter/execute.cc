#include <algorithm>
#include <string>
#include <type_traits>

#include "gap/model/interpreter/machine.h"

namespace torchdevice::gap {
namespace {

constexpr int kMaxWhileRounds = 100;

/// Whether running the call of a library could change the module that makes it: its namespace or a
/// class or list of it is handed over.
bool reaches_module(Machine& machine, const Expr& call, Frame& frame) {
  return std::any_of(call.items.begin() + 1, call.items.end(), [&](const Expr* argument) {
    if (argument->kind == ExprKind::Keyword) argument = argument->items[0];
    if (argument->kind == ExprKind::Call && argument->items[0]->kind == ExprKind::Name) {
      const std::string_view callee = argument->items[0]->text;
      return callee == "globals" || callee == "locals" || callee == "vars";
    }
    if (argument->kind == ExprKind::Subscript && argument->items[0]->kind == ExprKind::Attribute) {
      return argument->items[0]->text == "modules";
    }
    if (argument->kind != ExprKind::Name) return false;
    const Binding* binding = machine.find_binding(argument->text, frame);
    if (binding == nullptr) return false;
    const auto* cls = binding->definition.value->as<Class>();
    return (cls != nullptr && cls->module == frame.module) || argument->text == "__all__";
  });
}

bool catches(const ExceptHandler& handler, std::span<const std::string_view> names) {
  if (handler.type == nullptr) return true;
  const auto is_one = [&](const Expr* type) {
    return std::find(names.begin(), names.end(), type->text) != names.end();
  };
  if (handler.type->kind == ExprKind::Tuple) {
    return std::any_of(handler.type->items.begin(), handler.type->items.end(), is_one);
  }
  return is_one(handler.type);
}

bool catches_import_errors(const ExceptHandler& handler) {
  static constexpr std::string_view kNames[] = {"ImportError", "ModuleNotFoundError", "Exception",
                                                "BaseException"};
  return catches(handler, kNames);
}

/// How two branches are left of which a run takes one.
Flow either(Flow a, Flow b) {
  if (a == b) return a;
  if (a == Flow::Next || b == Flow::Next) return Flow::Next;
  if (a == Flow::Raise) return b;
  if (b == Flow::Raise) return a;
  return a == Flow::Return ? b : a;
}

/// The first name in the expression that branches define in several ways; null where none.
const Binding* branched_name(Machine& machine, const Expr& expression, Frame& frame) {
  if (expression.kind == ExprKind::Name) {
    const Binding* binding = machine.find_binding(expression.text, frame);
    return binding != nullptr && !binding->alternatives.empty() ? binding : nullptr;
  }
  if (expression.kind == ExprKind::Lambda) return nullptr;
  for (const Expr* part : expression.items) {
    const Binding* binding = part == nullptr ? nullptr : branched_name(machine, *part, frame);
    if (binding != nullptr) return binding;
  }
  return nullptr;
}

/// Takes one definition of a name for the only one, as long as the scope lasts.
class AsDefined {
 public:
  AsDefined(Machine& machine, std::string_view name, Frame& frame, const Definition& definition)
      : machine_(machine), frame_(frame), kept_(*binding(name)) {
    binding(name)->definition = definition;
    binding(name)->alternatives.clear();
  }
  ~AsDefined() {
    Binding* binding = this->binding(kept_.name);
    if (binding == nullptr) return;  // evaluating deleted it
    binding->definition = kept_.definition;
    binding->alternatives = kept_.alternatives;
  }
  AsDefined(const AsDefined&) = delete;
  AsDefined& operator=(const AsDefined&) = delete;

 private:
  /// Evaluating may move bindings: looked up each time.
  Binding* binding(std::string_view name) {
    return const_cast<Binding*>(machine_.find_binding(name, frame_));
  }

  Machine& machine_;
  Frame& frame_;
  const Binding kept_;
};

}  // namespace

Flow Machine::run_block(Block block, Frame& frame) {
  for (const Stmt& statement : block) {
    if (++steps > (call_stack.empty() ? Interpreter::kMaxSteps : step_limit)) {
      const Place place{frame.module->file, statement.range};
      frame.names->add_hole("there are more statements than are followed", place);
      if (steps > Interpreter::kMaxCallSteps) {
        cut_package(place);
      } else if (limited != nullptr) {
        cut(limited, "it has more statements than are followed", limited->place, true);
      }
      frame.returns.push_back({unknown("it takes too long to follow", place), place, nullptr});
      return Flow::Return;
    }
    const Flow flow = run(statement, frame);
    // A library can be imported: that its module raises for certain only means that something was
    // decided wrongly.
    const bool goes_on = flow == Flow::Raise && frame.kind == Frame::Kind::Module &&
                         !frame.module->subject && handled_imports == 0;
    if (flow != Flow::Next && !goes_on) return flow;
  }
  return Flow::Next;
}

Flow Machine::run(const Stmt& statement, Frame& frame) {
  const Place place{frame.module->file, statement.range};
  return std::visit(
      [&](const auto& node) -> Flow {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, Return>) {
          Value* value = node.value == nullptr ? none() : evaluate(*node.value, frame);
          frame.returns.push_back({value, place, current_condition});
          return Flow::Return;
        } else if constexpr (std::is_same_v<Node, Raise>) {
          import_failed = false;
          return Flow::Raise;
        } else if constexpr (std::is_same_v<Node, Break>) {
          return Flow::Break;
        } else if constexpr (std::is_same_v<Node, Continue>) {
          return Flow::Continue;
        } else if constexpr (std::is_same_v<Node, ScopeDeclaration>) {
          auto& names = node.nonlocal ? frame.nonlocals : frame.globals;
          names.insert(names.end(), node.names.begin(), node.names.end());
          return Flow::Next;
        } else if constexpr (std::is_same_v<Node, TypeAlias>) {
          bind_name(node.name, unknown("a type alias", place), frame, place);
          return Flow::Next;
        } else if constexpr (std::is_same_v<Node, Pass> || std::is_same_v<Node, Assert> ||
                             std::is_same_v<Node, OpaqueStmt>) {
          return Flow::Next;
        } else {
          return run(node, frame, place);
        }
      },
      statement.node);
}

Flow Machine::run(const ExprStmt& statement, Frame& frame, Place) {
  const Expr& value = *statement.value;
  if (!lazy) {
    evaluate(value, frame);
  } else if (value.kind == ExprKind::Call) {
    // Only for its effects: on the module itself.
    Value* callee = evaluate(*value.items[0], frame);
    if (is_immediate(callee) || changes_its_module(callee, frame) ||
        reaches_module(*this, value, frame)) {
      evaluate_forced(value, frame);
    }
  }
  return Flow::Next;
}

Flow Machine::run(const If& statement, Frame& frame, Place) {
  const Truth truth = test(*statement.test, frame);
  if (truth != Truth::Undecided) {
    return run_block(truth == Truth::True ? statement.body : statement.orelse, frame);
  }
  const Condition* outer = current_condition;
  const Condition* holds = condition({.outer = outer,
                                      .file = frame.module->file,
                                      .test = statement.test->range,
                                      .negated = false,
                                      .kind = Condition::Kind::If});
  Condition negation = *holds;
  negation.negated = true;
  const Condition* fails = condition(negation);
  current_condition = holds;
  const Flow body = run_block(statement.body, frame);
  current_condition = fails;
  const Flow orelse = run_block(statement.orelse, frame);
  current_condition = outer;
  // The rest of the scope is run only in the branch that goes on. One that raises ends the program.
  const auto leaves = [](Flow flow) { return flow != Flow::Next && flow != Flow::Raise; };
  if (leaves(body) && orelse == Flow::Next) current_condition = fails;
  if (leaves(orelse) && body == Flow::Next) current_condition = holds;
  return either(body, orelse);
}

Flow Machine::run_rounds(const For& statement, const Sequence& items, Frame& frame) {
  const Place place{frame.module->file, statement.iterable->range};
  const std::size_t stores_before = foreign_stores;
  std::size_t rounds = 0;
  for (Value* item : items.items) {
    if (++rounds > Interpreter::kMaxUnrolled) {
      frame.names->add_hole("a loop has more rounds than are followed", place);
      cut_loop(stores_before, place);
      break;
    }
    const ConditionScope scope(*this);
    assign(*statement.target, item, frame, place);
    const Flow flow = run_block(statement.body, frame);
    if (flow != Flow::Next && flow != Flow::Continue) return flow;
  }
  if (!items.complete) {
    const ConditionScope scope(*this);
    current_condition = condition({.outer = current_condition,
                                   .file = frame.module->file,
                                   .test = statement.iterable->range,
                                   .negated = false,
                                   .kind = Condition::Kind::Loop});
    const std::string_view reason = items.holes.empty()
                                        ? std::string_view("an item that is not known")
                                        : std::string_view(items.holes.front().reason);
    assign(*statement.target, unknown(reason, place), frame, place);
    run_block(statement.body, frame);
  }
  return Flow::Next;
}

Flow Machine::run(const For& statement, Frame& frame, Place) {
  const Place place{frame.module->file, statement.iterable->range};
  // In a loop names change their meaning: nothing can wait.
  const Temporarily laziness(lazy, false);
  // What a subject may patch is worth knowing: each definition that a branch may have given.
  const Binding* branched =
      frame.module->subject ? branched_name(*this, *statement.iterable, frame) : nullptr;
  Flow flow = Flow::Break;
  if (branched == nullptr) {
    const Sequence items = iterate(evaluate(*statement.iterable, frame), place);
    flow = run_rounds(statement, items, frame);
  } else {
    const Binding kept = *branched;
    std::vector<Definition> definitions = kept.alternatives;
    definitions.insert(definitions.begin(), kept.definition);
    bool first = true;
    for (const Definition& definition : definitions) {
      const auto where = both(current_condition, definition.condition);
      if (!where) continue;
      const ConditionScope scope(*this);
      current_condition = *where;
      const Sequence items = [&] {
        const AsDefined only(*this, kept.name, frame, definition);
        return iterate(evaluate(*statement.iterable, frame), place);
      }();
      const Flow left = run_rounds(statement, items, frame);
      flow = first ? left : either(flow, left);
      first = false;
    }
  }
  if (flow == Flow::Break) return Flow::Next;
  if (flow == Flow::Return || flow == Flow::Raise) return flow;
  return run_block(statement.orelse, frame);
}

Flow Machine::run(const While& statement, Frame& frame, Place) {
  const Place place{frame.module->file, statement.test->range};
  const Temporarily laziness(lazy, false);
  const std::size_t stores_before = foreign_stores;
  for (int round = 0; round < kMaxWhileRounds; ++round) {
    const ConditionScope scope(*this);
    const Truth truth = test(*statement.test, frame);
    if (truth == Truth::False) return run_block(statement.orelse, frame);
    if (truth == Truth::Undecided) {
      current_condition = condition({.outer = current_condition,
                                     .file = frame.module->file,
                                     .test = statement.test->range,
                                     .negated = false,
                                     .kind = Condition::Kind::Loop});
    }
    const Flow flow = run_block(statement.body, frame);
    if (truth == Truth::Undecided) return Flow::Next;
    if (flow == Flow::Break) return Flow::Next;
    if (flow == Flow::Return || flow == Flow::Raise) return flow;
    if (statement.test->kind == ExprKind::True) break;  // only a run decides when it ends
  }
  cut_loop(stores_before, place);
  return Flow::Next;
}

Flow Machine::run(const With& statement, Frame& frame, Place place) {
  std::vector<std::pair<Value*, Value*>> exits;
  for (const WithItem& item : statement.items) {
    Value* manager = evaluate_forced(*item.context, frame);
    Value* entered = unknown("what a context manager gives", place);
    Value* type = manager->as<Instance>() != nullptr ? type_of(manager) : nullptr;
    if (type != nullptr && type->as<Class>() != nullptr) {
      const Binding* enter = find_in_class(type, "__enter__");
      const Binding* exit = find_in_class(type, "__exit__");
      const Temporarily laziness(lazy, false);
      if (enter != nullptr) {
        Value* method = make(BoundMethod{manager, force(enter->definition.value)});
        entered = call(method, Arguments{}, frame, place);
      }
      if (exit != nullptr) exits.emplace_back(manager, force(exit->definition.value));
    } else if (const auto* yielded = manager->as<Sequence>(); yielded && !yielded->items.empty()) {
      entered = yielded->items.front();  // of a function under @contextmanager
    }
    if (item.target != nullptr) assign(*item.target, entered, frame, place);
  }
  const Flow flow = run_block(statement.body, frame);
  const Temporarily laziness(lazy, false);
  for (auto exit = exits.rbegin(); exit != exits.rend(); ++exit) {
    Arguments arguments{.positional = {none(), none(), none()}};
    call(make(BoundMethod{exit->first, exit->second}), std::move(arguments), frame, place);
  }
  return flow;
}

Flow Machine::run(const Try& statement, Frame& frame, Place) {
  const bool handles_imports =
      std::any_of(statement.handlers.begin(), statement.handlers.end(), catches_import_errors);
  Flow flow;
  {
    const Temporarily handled(handled_imports, handled_imports + (handles_imports ? 1u : 0u));
    flow = run_block(statement.body, frame);
  }
  const bool certain = flow == Flow::Raise && import_failed;
  import_failed = false;
  if (flow == Flow::Next) flow = run_block(statement.orelse, frame);
  const Condition* after_body = current_condition;
  const Condition* going_on = nullptr;
  Flow handled = Flow::Raise;
  for (const ExceptHandler& handler : statement.handlers) {
    if (certain && !catches_import_errors(handler)) continue;
    const Place place{frame.module->file, handler.range};
    current_condition =
        certain ? after_body
                : condition({.outer = after_body,
                             .file = frame.module->file,
                             .test = handler.type == nullptr ? handler.range : handler.type->range,
                             .negated = false,
                             .kind = Condition::Kind::Except});
    if (!handler.name.empty()) {
      bind_name(handler.name, unknown("an exception", place), frame, place);
    }
    const Flow left = run_block(handler.body, frame);
    if (left == Flow::Next && going_on == nullptr) going_on = current_condition;
    handled = either(handled, left);
    if (!handler.name.empty()) {
      frame.names->remove(handler.name,
                          current_condition == frame.condition ? nullptr : current_condition);
    }
    if (certain) break;
  }
  current_condition = after_body;
  if (flow == Flow::Raise) {
    flow = handled;
  } else if (flow != Flow::Next && handled == Flow::Next && going_on != nullptr) {
    current_condition = going_on;
    flow = Flow::Next;
  }
  const Flow finally = run_block(statement.finally, frame);
  return finally == Flow::Next ? flow : finally;
}

Flow Machine::run(const Match& statement, Frame& frame, Place) {
  evaluate(*statement.subject, frame);
  Flow flow = Flow::Next;
  bool first = true;
  for (const MatchCase& one : statement.cases) {
    const ConditionScope scope(*this);
    current_condition =
        condition({.outer = current_condition,
                   .file = frame.module->file,
                   .test = one.pattern == nullptr ? SourceRange{} : one.pattern->range,
                   .negated = false,
                   .kind = Condition::Kind::Match});
    const Flow left = run_block(one.body, frame);
    flow = first ? left : either(flow, left);
    first = false;
  }
  return flow == Flow::Raise ? Flow::Next : flow;
}

}  // namespace torchdevice::gap

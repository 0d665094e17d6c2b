#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gap/model/interpreter/frame.h"
#include "gap/model/interpreter/interpreter.h"
#include "gap/model/interpreter/module_table.h"
#include "gap/model/interpreter/value.h"

namespace torchdevice::gap {

/// A call of something that is not written in Python sources.
struct BuiltinCall {
  Value* self = nullptr;  ///< of a bound method
  Arguments& arguments;
  Frame& frame;
  Place place;
};

/// What the interpreter consists of. Each group of members is in the file named over it; all share
/// the state at the end. For the files of the interpreter only.
class Machine {
 public:
  explicit Machine(Interpreter::Options options);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // --- machine.cc: making values -------------------------------------------------------------
  template <typename T>
  Value* make(T data) {
    return &values_.emplace_back(Value{std::move(data)});
  }
  std::string_view intern(std::string_view text);
  Value* unknown(std::string_view reason, Place place);
  Value* none() { return none_; }
  Value* boolean(bool truth) { return truth ? true_ : false_; }
  Value* boolean(Truth truth, Place place);
  Value* string(std::string_view text);
  /// The same of a text that lives as long as the interpreter: of a file, or interned.
  Value* text(std::string_view lasting);
  Value* number(std::int64_t value);
  Value* list(std::vector<Value*> items, Sequence::Kind kind = Sequence::Kind::List);
  /// The one External of that path.
  Value* external(std::string_view path);
  const Condition* condition(Condition condition);
  /// Both: what of `inner` is not yet in `outer`, inside it. Nothing where they exclude each other.
  std::optional<const Condition*> both(const Condition* outer, const Condition* inner);
  Frame& new_frame(const Frame& like);
  void recycle(Frame& frame);

  // --- reasons.cc: what messages call a value --------------------------------------------------
  /// Why the value is not a known string, number or list.
  std::string_view why_unknown(const Value* value);
  std::string_view defined_as(const Value* value) const;

  // --- modules.cc --------------------------------------------------------------------------------
  Value* module_value(ModuleEntry& entry);
  Value* stub_value(ModuleEntry& entry);
  /// What sys.modules holds for the entry: the module runs where it may swap itself.
  Value* imported(ModuleEntry& entry);
  /// External where the package is not given, null where a given package lacks the module.
  Value* import_module(std::string_view dotted, bool stub);
  void execute_module(Value* module);
  /// The submodule of that name; null where there is none.
  Value* submodule(const Module& module, std::string_view name);
  bool is_compiled(const Module& module) const;  ///< a C module of which there is only a stub
  /// Names as dir() tells them; incomplete where the namespace has a hole.
  Sequence names_of(Value* owner, Place place);

  // --- all_names.cc ------------------------------------------------------------------------------
  /// A module's __all__, its items forced; null where it has none.
  const Sequence* all_names(Value* module);
  /// A function of the module appends to `__all__`, and not every use of it did: a hole.
  void leave_unfollowed_additions_open(const Module& module, Sequence& names);
  std::size_t listed(const Module& module) const;  ///< names in `__all__` so far
  /// "torch.cuda.Stream" from its first component; null where it is absent.
  Value* resolve(std::string_view dotted);

  // --- imports.cc --------------------------------------------------------------------------------
  Flow run(const Import& statement, Frame& frame, Place place);
  Flow run(const ImportFrom& statement, Frame& frame, Place place);
  /// `from module import name`; null where the module is known to lack it.
  Value* import_name(std::string_view module, std::string_view name, Frame& frame, Place place);

  // --- force.cc
  // ------------------------------------------------------------------------------------
  Value* force(Value* value);

  // --- attributes.cc
  // -------------------------------------------------------------------------------
  Value* lookup(std::string_view name, Frame& frame, Place place);
  const Binding* find_binding(std::string_view name, Frame& frame);
  /// Null where it is known to be absent. `bind`: functions of an instance come as bound methods.
  Value* attribute(Value* owner, std::string_view name, Place place, bool bind);
  Value* attribute_or_unknown(Value* owner, std::string_view name, Place place);
  Truth has_attribute(Value* owner, std::string_view name, Place place);
  Namespace* namespace_of(Value* owner);

  // --- class_model.cc
  // --------------------------------------------------------------------------------
  const std::vector<Value*>& mro(Value* cls);
  /// The binding of a name in the classes of the MRO; null where none has it.
  const Binding* find_in_class(Value* cls, std::string_view name);
  bool mro_complete(Value* cls);
  Truth is_subclass(Value* cls, Value* base);
  Value* type_of(Value* value);
  /// The class that a base or annotation names: generic aliases are looked through.
  Value* origin(Value* type);

  // --- definitions.cc
  // --------------------------------------------------------------------------------
  Flow run(const FunctionDef& definition, Frame& frame, Place place);
  Flow run(const ClassDef& definition, Frame& frame, Place place);
  Value* make_class(std::string_view name, std::vector<Value*> bases, Frame& frame, Place place);
  Value* decorate(Value* target, std::span<Value* const> decorators, Frame& frame, Place place);
  Value* apply_decorator(Value* decorator, Value* target, Frame& frame, Place place);
  /// Evaluates the defaults now: in a loop or a call their names mean something else later.
  void keep_defaults(const Function& function, std::span<const ParameterSyntax> parameters,
                     Frame& frame);
  bool is_generator(const Function& function);
  Block body_of(const Function& function);
  /// "module.outer.<locals>.name" of what is defined in the frame.
  std::string_view qualified_name(const Frame& frame, std::string_view name);

  // --- evaluate.cc
  // -----------------------------------------------------------------------------------
  Value* evaluate(const Expr& expression, Frame& frame);
  Value* literal(const Expr& expression, Constant::Kind kind);
  Value* evaluate_forced(const Expr& expression, Frame& frame);
  Value* evaluate_call(const Expr& expression, Frame& frame);
  Arguments evaluate_arguments(std::span<const Expr* const> items, Frame& frame);
  Truth test(const Expr& expression, Frame& frame);

  // --- comprehensions.cc
  // -------------------------------------------------------------------------------
  Value* evaluate_comprehension(const Expr& expression, Frame& frame);

  // --- operations.cc
  // -------------------------------------------------------------------------------------
  Value* binary(std::string_view op, Value* left, Value* right, Place place);
  Truth compare(std::string_view op, Value* left, Value* right);
  Truth truth(Value* value);
  Truth equal(Value* left, Value* right);
  Truth contains(Value* container, Value* item);

  // --- subscripts.cc
  // ---------------------------------------------------------------------------------------
  Value* subscript(Value* owner, std::span<const Expr* const> subscripts, Frame& frame,
                   Place place);
  Value* item(Value* owner, Value* key, Place place);
  void set_item(Value* owner, Value* key, Value* value, Place place);
  void delete_item(Value* owner, Value* key, Place place);
  Value* dict_get(Dict& dict, Value* key);
  void dict_set(Dict& dict, Value* key, Value* value);

  // --- iteration.cc
  // ------------------------------------------------------------------------------------------
  /// The items that iterating gives; incomplete, with the reason as a hole, where not all are
  /// known.
  Sequence iterate(Value* value, Place place);

  // --- format.cc
  // ---------------------------------------------------------------------------------------------
  /// str(value); nothing where it is not known.
  bool to_text(Value* value, std::string& into);
  Value* percent_format(std::string_view format, Value* values, Place place);
  Value* format_method(std::string_view format, const Arguments& arguments, Place place);

  // --- assignments.cc
  // ------------------------------------------------------------------------------------------
  Flow run(const Assign& statement, Frame& frame, Place place);
  Flow run(const Delete& statement, Frame& frame, Place place);
  void assign(const Expr& target, Value* value, Frame& frame, Place place);
  void bind_name(std::string_view name, Value* value, Frame& frame, Place place);
  void augment(const Assign& statement, Frame& frame, Place place);
  /// `list += more`; under a condition, the list is no longer complete.
  void extend(Sequence& list, const Sequence& more, const Condition* base, Place place);

  // --- execute.cc
  // ----------------------------------------------------------------------------------------------
  Flow run_block(Block block, Frame& frame);
  Flow run(const Stmt& statement, Frame& frame);
  Flow run(const If& statement, Frame& frame, Place place);
  Flow run(const For& statement, Frame& frame, Place place);
  Flow run(const While& statement, Frame& frame, Place place);
  Flow run(const With& statement, Frame& frame, Place place);
  Flow run(const Try& statement, Frame& frame, Place place);
  Flow run(const Match& statement, Frame& frame, Place place);
  Flow run(const ExprStmt& statement, Frame& frame, Place place);
  Flow run_rounds(const For& statement, const Sequence& items, Frame& frame);

  /// The reason of a call's value where every way through the function raises.
  static constexpr std::string_view kRaises = "a call that raises";

  // --- calls.cc
  // --------------------------------------------------------------------------------------------------
  Value* call(Value* callee, Arguments arguments, Frame& frame, Place place);
  Value* call_function(Value* callee, Arguments arguments, Place place);
  Value* instantiate(Value* cls, Arguments arguments, Frame& frame, Place place);
  /// _add_docstr(value, docstring).
  Value* document(Value* value, Value* docstring);
  /// Whether a call of it can be followed without running modules.
  bool is_immediate(Value* callee);
  /// A function that is handed to a decorator in a call: `new = deprecated("…")(old)`.
  Value* call_decorator(Value* decorator, Value* target, Frame& frame, Place place);
  /// Whether it is a function of the frame's module whose text names `__all__` or globals(): what
  /// it does there cannot wait.
  bool changes_its_module(const Value* callee, const Frame& frame);

  // --- builtins.cc
  // -----------------------------------------------------------------------------------------------
  Value* call_external(const External& callee, BuiltinCall call);
  static bool is_builtin_name(std::string_view name);  // builtin_names.cc

  // --- stores.cc
  // -------------------------------------------------------------------------------------------------
  void set_attribute(StoreKind kind, Value* owner, Value* name, Value* value, Place place);
  void set_attribute(StoreKind kind, Value* owner, std::string_view name, Value* value,
                     Place place);
  void delete_attribute(Value* owner, Value* name, Place place);
  void record(Store store);
  /// What a subject has put there; null where nothing.
  Value* patched(const Value* owner, std::string_view name) const;
  void forget_patch(const Value* owner, std::string_view name);
  void set_sys_module(Value* name, Value* value, Place place);
  bool owns(const Value* owner) const;

  // --- cuts.cc
  // ---------------------------------------------------------------------------------------------------
  /// A bound ended what is followed of a subject's function, of its module where null: one line in
  /// problems() for each. `certain`: also where no store was ever met in the function.
  void cut(const Function* function, std::string_view why, Place place, bool certain);
  /// The same of a loop, if stores were met in it.
  void cut_loop(std::size_t stores_before, Place place);
  /// All subjects together have more statements than are followed.
  void cut_package(Place place);
  void report_cuts();

  // --- subjects.cc
  // -----------------------------------------------------------------------------------------------
  void run_subjects();

  // --- state
  // -----------------------------------------------------------------------------------------------------
  Interpreter::Options options;
  ModuleTable table;
  const Condition* current_condition = nullptr;
  bool import_failed = false;  ///< the last Flow::Raise was an import of what is known to be absent
  bool lazy = true;            ///< imports, calls and attributes of a library stay Deferred
  bool in_subject = false;     ///< a subject's code is running: stores are recorded
  bool entered_unreached = false;  ///< inside a function that nobody calls
  bool ambiguous = false;          ///< a name with alternatives was read
  unsigned handled_imports = 0;    ///< depth of `try` bodies whose handlers catch ImportError
  unsigned executing_modules = 0;
  unsigned nested_evaluations = 0;
  std::size_t steps = 0;  ///< statements run of the subjects, or for the value or module in hand
  std::size_t step_limit = Interpreter::kMaxCallSteps;  ///< where functions stop
  std::vector<Place> call_places;
  std::vector<const Function*> call_stack;
  std::unordered_set<const FunctionDef*> entered;  ///< bodies that have been run
  std::unordered_set<const PythonFile*> subject_files;
  bool subjects_run = false;
  std::vector<Value*> subject_functions;  ///< in order of definition
  std::vector<Store> stores;
  std::size_t foreign_stores = 0;     ///< those that record() met, repeated ones too
  std::size_t store_attempts = 0;     ///< assignments to attributes that are not the subject's own
  const Function* limited = nullptr;  ///< the function whose call set step_limit
  std::size_t entry_begin = 0;        ///< the first store of the module or function being entered

 private:
  struct Cut {
    const Function* function = nullptr;
    std::string_view why;
    Place place;
    bool certain = false;
  };
  std::vector<Cut> cuts_;
  bool package_cut_ = false;
  std::map<std::pair<const PythonFile*, std::uint32_t>, std::size_t> cut_index_;
  std::unordered_set<const FunctionDef*> storing_functions_;

  std::pmr::monotonic_buffer_resource text_memory_;
  std::deque<Value> values_;
  std::deque<Frame> frames_;
  std::vector<Frame*> free_frames_;
  std::deque<Condition> conditions_;
  std::unordered_set<std::string_view> texts_;
  std::unordered_map<std::string_view, Value*> externals_;
  std::map<std::tuple<const Condition*, const PythonFile*, std::uint32_t, bool, Condition::Kind>,
           const Condition*>
      condition_index_;
  struct Linearisation {
    std::vector<Value*> order;
    bool settled = false;
    bool computing = false;
  };
  std::unordered_map<const Class*, Linearisation> linearisations_;
  std::unordered_map<const FunctionDef*, bool> generators_;
  std::unordered_map<const FunctionDef*, bool> module_changers_;
  std::unordered_map<const FunctionDef*, std::size_t> fruitless_steps_;
  /// Calls at which a function was seen to add to its module's `__all__`.
  std::unordered_map<const FunctionDef*, std::size_t> additions_;
  /// Values of literals, of strings, and of what is not known at a place: made once, however often
  /// they are met.
  std::unordered_map<const Expr*, Value*> literals_;
  std::unordered_map<std::string_view, Value*> strings_;
  std::map<std::tuple<const char*, const PythonFile*, std::uint32_t>, Value*> unknowns_;
  std::map<std::pair<const Value*, std::string_view>, Value*> patches_;
  /// What the name of each store stood for, earlier stores included.
  std::vector<Value*> held_before_;
  /// Defaults that were evaluated when the function was defined, by parameter.
  std::unordered_map<const Function*, std::vector<Value*>> defaults_;
  Value* none_;
  Value* true_;
  Value* false_;
};

/// The value of the positional argument `i`; null where it is not given.
inline Value* argument(Machine& machine, const BuiltinCall& call, std::size_t i) {
  const std::vector<Value*>& given = call.arguments.positional;
  return i < given.size() ? machine.force(given[i]) : nullptr;
}

/// Restores the condition when a branch, a round of a loop or a call is left.
class ConditionScope {
 public:
  explicit ConditionScope(Machine& machine)
      : machine_(machine), saved_(machine.current_condition) {}
  ~ConditionScope() { machine_.current_condition = saved_; }
  ConditionScope(const ConditionScope&) = delete;
  ConditionScope& operator=(const ConditionScope&) = delete;

 private:
  Machine& machine_;
  const Condition* saved_;
};

/// Sets a variable for as long as the scope lasts.
template <typename T>
class Temporarily {
 public:
  Temporarily(T& variable, T value) : variable_(variable), saved_(variable) { variable = value; }
  ~Temporarily() { variable_ = saved_; }
  Temporarily(const Temporarily&) = delete;
  Temporarily& operator=(const Temporarily&) = delete;

 private:
  T& variable_;
  T saved_;
};

}  // namespace torchdevice::gap

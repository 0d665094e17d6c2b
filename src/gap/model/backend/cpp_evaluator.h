#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gap/model/backend/cpp_program.h"
#include "gap/model/backend/cpp_value.h"

namespace torchdevice::gap {

/// The names of a function, a lambda or a block while it is evaluated.
struct CppScope {
  CppScope* outer = nullptr;
  const CppFile* file = nullptr;
  const CppNode* function = nullptr;
  std::vector<std::pair<std::string_view, CppValue*>> names;
};

struct CppCall {
  const CppNode& node;
  std::string_view name;       ///< as written: "torch::dispatch"; a member's name alone
  CppValue* object = nullptr;  ///< of a member; else null
  std::vector<CppValue*> arguments;
  const CppFile& file;
};

class CppEvaluator;

/// What the evaluator does not know itself: the meaning of PyTorch's, pybind11's and CPython's
/// functions.
class CppLibrary {
 public:
  virtual ~CppLibrary() = default;
  /// Null where the call means nothing to it.
  virtual CppValue* call(CppEvaluator& evaluator, const CppCall& call) = 0;
  /// `object.field = value`, or `object = value` with an empty field.
  virtual void assign(CppEvaluator& evaluator, CppValue& object, std::string_view field,
                      CppValue& value, const CppPlace& place) = 0;
  /// A name that no source of the subject defines.
  virtual CppValue* name(CppEvaluator& evaluator, std::string_view name, const CppPlace& place) = 0;
  /// What a parameter may be in a function that no source calls; null: nothing of interest.
  virtual CppValue* parameter(CppEvaluator& evaluator, const CppNode& parameter,
                              const CppPlace& function) = 0;
  /// A function's definition that is the use of a macro, `TORCH_LIBRARY_IMPL(aten, CUDA, m) { … }`:
  /// binds its names. False where it is none.
  virtual bool enter(CppEvaluator& evaluator, const CppPlace& function, CppScope& scope) = 0;
  /// A call of a function that is declared, and defined in no source.
  virtual void missing_definition(const CppCall& call) = 0;
  /// Whether code that uses this name may register something.
  virtual bool is_of_interest(std::string_view name) const = 0;
};

/// Walks the code of a C++ subject that may register something, with the values that it can follow:
/// strings, lists of them, tables, functions and lambdas of the subject, loops over tables. Both
/// branches of an `if` are taken. Nothing is run.
///
/// Bounded by kMaxSteps expressions, kMaxDepth calls and kMaxNesting.
class CppEvaluator {
 public:
  static constexpr std::size_t kMaxSteps = 1'000'000;
  static constexpr std::size_t kMaxDepth = 40;
  static constexpr std::size_t kMaxNesting = 1000;  ///< expressions, through calls

  CppEvaluator(const CppProgram& program, CppLibrary& library);

  /// Calls a function with `scope` as its scope.
  void run_block(const CppNode& block, CppScope& scope);
  /// What namespaces initialise, then every function: those first that no other one calls, the rest
  /// where nothing has called them.
  void run_all();

  CppScope& new_scope(CppScope* outer, const CppFile& file, const CppNode* function);
  CppValue* make(CppValue value);
  CppValue* unknown(std::string why, const CppPlace& place);
  CppValue* evaluate(const CppNode& node, CppScope& scope);
  CppValue* call_lambda(const CppValue& lambda, const std::vector<CppValue*>& arguments);

  /// The tests of the `if`s around what is being evaluated, outermost first.
  const std::vector<std::string>& conditions() const { return conditions_; }
  bool exhausted() const { return exhausted_; }

 private:
  void find_interesting();
  bool mentions_interest(const CppNode& node) const;
  void run_namespace(const CppNode& node, const CppFile& file);
  void run_function(const CppSymbol& function);

  void run_if(const CppNode& node, CppScope& scope);
  void run_for_each(const CppNode& node, CppScope& scope);
  void bind(const CppNode& target, CppValue* value, CppScope& scope);
  void bind_variable(const CppNode& node, CppScope& scope);

  CppValue* evaluate_nested(const CppNode& node, CppScope& scope);
  CppValue* any_of(const std::vector<CppValue*>& values, const CppPlace& place);
  CppValue* evaluate_call(const CppNode& node, CppScope& scope);
  CppValue* evaluate_field(const CppNode& node, CppScope& scope);
  CppValue* evaluate_subscript(const CppNode& node, CppScope& scope);
  CppValue* evaluate_assign(const CppNode& node, CppScope& scope);
  CppValue* evaluate_binary(const CppNode& node, CppScope& scope);
  CppValue* evaluate_list(const CppNode& node, CppScope& scope);
  CppValue* lookup(const CppNode& identifier, CppScope& scope);
  CppValue* global(const CppSymbol& variable);
  CppValue* run_body(const CppNode& node, CppScope& scope);
  CppValue* call_function(const CppSymbol& function, const CppCall& call, CppScope& scope);
  CppSymbol choose(const CppCall& call) const;
  void set_type(CppValue& value, std::string_view type);
  CppValue* field_of(CppValue& record, std::string_view field, const CppFile& file);

  const CppProgram& program_;
  CppLibrary& library_;
  std::deque<CppValue> values_;
  std::deque<CppScope> scopes_;
  std::unordered_set<std::string_view> interesting_;  ///< last names of functions
  std::unordered_set<std::string_view> called_;       ///< last names that some function calls
  std::unordered_map<const CppNode*, CppValue*> globals_;
  std::unordered_map<std::string, CppValue*> results_;  ///< by function and arguments
  std::unordered_set<const CppNode*> entered_;
  std::vector<std::string> conditions_;
  CppValue* returned_ = nullptr;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  std::size_t nesting_ = 0;
  bool exhausted_ = false;
};

/// Whether a function or member hands on what it is given, as far as this analysis goes: std::move,
/// `.get()`, casts.
bool is_transparent(std::string_view name);

/// Parameters of a Function, FunctionDeclaration or Lambda node, in order.
std::vector<const CppNode*> parameters_of(const CppNode& function);

}  // namespace torchdevice::gap

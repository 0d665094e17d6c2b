#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gap/read/python/python_ast.h"

/// What a name of a Python program can stand for, as far as sources say. The interpreter makes
/// these; surface and overlay read them.
///
/// Ownership: every Value lives as long as its Interpreter. Two names stand for the same object
/// exactly where they have the same Value.
namespace torchdevice::gap {

class PythonFile;
struct Value;
struct Frame;  // the scopes a function closes over; interpreter.cc

struct Place {
  const PythonFile* file = nullptr;  ///< null: not from a source (a builtin)
  SourceRange range;

  std::string text() const;  ///< "torch/cuda/__init__.py:134", or empty
};

/// Why a statement may not run: the tests that could not be decided, innermost first.
struct Condition {
  const Condition* outer = nullptr;
  const PythonFile* file = nullptr;
  SourceRange test;      ///< the `if`'s test, the `except`'s type
  bool negated = false;  ///< in the `else`
  enum class Kind : std::uint8_t { If, Except, Loop, Match } kind = Kind::If;

  std::string text() const;  ///< "not hasattr(torch._C, 'x') and except ImportError", as written
};

struct Definition {
  Value* value = nullptr;
  Place place;
  const Condition* condition = nullptr;  ///< null: always
};

/// One name in a namespace: its last definition, and those of other branches.
struct Binding {
  std::string_view name;
  Definition definition;
  std::vector<Definition> alternatives;  ///< under conditions that exclude the definition's
  bool deleted = false;                  ///< `del name` came last
  /// Imported in a stub without `as`: for the stub's own use, not there at run time.
  bool stub_import = false;
};

/// The names of a module, a class, an instance or a call, in the order in which Python would hold
/// them.
class Namespace {
 public:
  Binding* find(std::string_view name);
  const Binding* find(std::string_view name) const;
  /// `name` must outlive the namespace. A definition in an `except` handler is an alternative to
  /// the one in the `try`; otherwise the last one is the definition. `base` is the condition under
  /// which the namespace itself exists: a definition under it is unconditional.
  Binding& bind(std::string_view name, Definition definition, const Condition* base = nullptr);
  /// Forgets what is defined under `condition` or under tests inside it; the name is deleted where
  /// nothing is left.
  void remove(std::string_view name, const Condition* condition = nullptr);
  const std::vector<Binding>& bindings() const { return bindings_; }

  /// Names that a run may add and sources do not tell: the reasons, with places.
  struct Hole {
    std::string reason;
    Place place;
  };
  std::vector<Hole> holes;
  void add_hole(std::string_view reason, Place place);  ///< once for each place

 private:
  std::size_t position(std::string_view name) const;
  void rebuild_index(std::size_t slots);

  std::vector<Binding> bindings_;
  /// Positions plus one, hashed by name; empty while there are few bindings.
  std::vector<std::uint32_t> index_;
};

struct Unknown {
  std::string_view reason;
  Place place;
};
/// Not yet evaluated: an import or a call of a library, whose value few questions need.
/// Interpreter::force() replaces it.
struct Deferred {
  const Expr* expression = nullptr;  ///< evaluated in `frame`; or
  Frame* frame = nullptr;
  std::string_view module;  ///< `import module`, and with an attribute: `from module import …`; or
  Value* owner = nullptr;   ///< getattr(owner, attribute); or
  std::string_view attribute;
  Value* decorated = nullptr;  ///< a Function or Class under decorators, the outermost first
  std::vector<Value*> decorators;
  Place place;
  Value* value = nullptr;  ///< what it stood for, once forced
  bool forcing = false;
};
struct Constant {
  enum class Kind : std::uint8_t { None, True, False, Number, String, Bytes, Ellipsis } kind;
  std::string_view text;  ///< a string's value; a number as written
};
struct Sequence {
  enum class Kind : std::uint8_t { List, Tuple, Set } kind;
  std::vector<Value*> items;
  bool complete = true;  ///< false: a run may have more; holes say why
  std::vector<Namespace::Hole> holes;
};
struct Dict {
  std::vector<std::pair<Value*, Value*>> items;
  bool complete = true;
  std::vector<Namespace::Hole> holes;
};
struct Module {
  std::string_view name;             ///< dotted
  const PythonFile* file = nullptr;  ///< `.py`; the `.pyi` where there is only that
  const PythonFile* stub = nullptr;  ///< the `.pyi` beside a `.py`
  bool package = false;
  bool subject = false;  ///< of a package that was added as Role::Subject
  Namespace names;
  bool executed = false;
  bool executing = false;  ///< its statements are being run: names may still be missing
};
struct Class {
  std::string_view qualified_name;  ///< "torch.cuda.streams.Stream"
  const ClassDef* definition = nullptr;
  Place place;
  Module* module = nullptr;
  std::vector<Value*> bases;
  Value* metaclass = nullptr;
  std::string_view deprecated;  ///< the message of @deprecated
  Namespace names;
};
/// A function, method or lambda of a source. What decorators made of it is in the value they gave.
struct Function {
  std::string_view qualified_name;
  const FunctionDef* definition = nullptr;  ///< or `lambda`
  const Lambda* lambda = nullptr;
  Place place;
  Module* module = nullptr;
  Class* owner = nullptr;  ///< the class it was defined in
  Frame* closure = nullptr;
  enum class Binding : std::uint8_t { Instance, Static, Class } binding = Binding::Instance;
  /// functools.wraps and update_wrapper: what inspect.signature looks at in its place.
  Value* wrapped = nullptr;
  /// The other `@overload` definitions of the same name before this one, and itself if it is one.
  std::vector<Value*> overloads;
  std::string_view deprecated;  ///< the message of @deprecated
  bool context_manager = false;
  /// A decorator whose effect is not known stands over it: signatures may differ. Its reason.
  std::string_view undecided;
};
struct Property {
  Value* getter = nullptr;
  Value* setter = nullptr;
  Value* deleter = nullptr;
  Place place;
};
struct BoundMethod {
  Value* self = nullptr;
  Value* function = nullptr;
};
/// functools.partial, partialmethod.
struct Partial {
  Value* callable = nullptr;
  std::vector<Value*> arguments;
  std::vector<std::pair<std::string_view, Value*>> keywords;
  Place place;
};
struct Instance {
  Value* type = nullptr;  ///< a Class or External
  Namespace names;
  Place place;  ///< the call that made it
};
/// Known only by path: from the standard library, a package that was not given, or C.
/// Its attributes are External too.
struct External {
  std::string_view path;       ///< "functools.wraps", "torch._C._linalg.linalg_det"
  std::string_view docstring;  ///< what _add_docstr gave it
};

struct Value {
  std::variant<Unknown, Deferred, Constant, Sequence, Dict, Module, Class, Function, Property,
               BoundMethod, Partial, Instance, External>
      data;

  template <typename T>
  T* as() {
    return std::get_if<T>(&data);
  }
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  /// The value of a string constant; nothing for any other.
  const std::string_view* string() const;
};

}  // namespace torchdevice::gap

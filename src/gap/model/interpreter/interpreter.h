#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gap/model/interpreter/value.h"
#include "gap/read/source_tree.h"

namespace torchdevice::gap {

/// How far a package is followed.
enum class Role : std::uint8_t {
  /// PyTorch, when it is what is described: modules run when something asks for them, imports and
  /// calls
  /// are Deferred, bodies of functions are looked at only to learn what a call returns.
  Library,
  /// What patches: every module runs at once and in order; calls into the package are followed with
  /// their arguments, functions that nobody in the package calls are entered with unknown
  /// arguments.
  Subject,
};

/// How a store reached a foreign object.
enum class StoreKind : std::uint8_t {
  Assignment,  ///< `owner.name = v`
  AugmentedAssignment,
  Setattr,     ///< setattr(owner, name, v), `owner.__dict__[…] = v`, vars(owner)[…], globals()[…]
  Delete,      ///< `del owner.name`, delattr
  SysModules,  ///< `sys.modules[name] = v`
  MockPatch,   ///< unittest.mock.patch and patch.object, pytest's monkeypatch
  ClassReplacement,  ///< `instance.__class__ = C`, `C.__bases__ = …`
  ImportHook,        ///< sys.meta_path, sys.path_hooks, builtins.__import__
};
std::string_view to_string(StoreKind kind);

/// One store into something that the storing package does not own.
struct Store {
  StoreKind kind = StoreKind::Assignment;
  Value* owner = nullptr;  ///< a Module, Class, Instance or External
  std::string_view name;   ///< empty where only a run knows it: then `unknown` says why
  Value* value = nullptr;  ///< null for Delete
  /// What the name stands for where nothing is patched; null where it does not exist there.
  Value* before = nullptr;
  Place place;
  const Condition* condition = nullptr;
  /// The calls it happened in, outermost first; empty at module level.
  std::vector<Place> calls;
  const Function* function = nullptr;  ///< the innermost function it stands in
  bool reached = true;                 ///< false: in a function that nothing in the package calls
  bool temporary = false;  ///< undone in the same `with`, `try … finally` or context manager
  std::string_view unknown;
};

/// A symbolic interpreter of Python: executes the statements of modules and class bodies, and calls
/// as far as their role says, over Values. Nothing is run.
///
///  - A test that sources decide (TYPE_CHECKING, sys.version_info, sys.platform, hasattr of a known
///    module, constants) picks its branch; any other runs both, and what they define carries the
///    Condition. `try` bodies run, handlers are alternatives.
///  - Loops over known literals, lists, dicts, `__all__`, zip, enumerate, dir of a known module are
///    unrolled; any other loop runs once with an unknown.
///  - What cannot be known is Unknown with a reason; a namespace that a run may change by names
///  that
///    are not known has a hole.
///  - Bounded: at most kMaxCallSteps statements in the functions of a package, kMaxSteps in its
///    modules, kMaxDepth calls, kMaxUnrolled rounds of a loop; where a bound is met, the value is
///    Unknown and says so.
///
/// Not thread safe. Files are parsed ahead by load().
class Interpreter {
 public:
  static constexpr std::size_t kMaxSteps = 20'000'000;
  static constexpr std::size_t kMaxCallSteps = 2'000'000;
  static constexpr std::size_t kMaxDepth = 60;
  static constexpr std::size_t kMaxUnrolled = 10'000;

  struct Options {
    unsigned python_minor = 11;      ///< sys.version_info is (3, python_minor)
    std::string platform = "linux";  ///< sys.platform
    unsigned threads = 2;            ///< for load()
  };

  explicit Interpreter(Options options);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// Makes the packages of `tree` importable. `tree` must outlive the interpreter.
  void add(const SourceTree& tree, Role role);

  /// Parses, on several threads, the files of all modules under the dotted `prefixes` (all of them
  /// where empty). Not needed for correctness: import() parses what is missing.
  void load(std::span<const std::string> prefixes);

  /// The names of all modules under `prefix` that sources have, itself included; sorted.
  std::vector<std::string> modules(std::string_view prefix) const;

  /// Imports a module as Python would, its parents first. Null where no package has it.
  Value* import(std::string_view dotted);
  /// What stands in the `.pyi` beside a module's `.py` (or alone), as a Module value of its own
  /// whose imports lead to other stubs where there are any. Null where there is none.
  Value* import_stub(std::string_view dotted);

  /// getattr(owner, name) as sources tell it: a submodule, the MRO of a class, an instance's class,
  /// a module's __getattr__. Null where it is known to be absent; Unknown where it may be there.
  Value* attribute(Value* owner, std::string_view name);
  /// The binding itself, without forcing; null where the owner's own namespace has none.
  const Binding* binding(Value* owner, std::string_view name);
  /// "torch.cuda.Stream.wait_event" from its first component; null where absent.
  Value* resolve(std::string_view dotted);
  /// Follows Deferred to what it stands for. Never null.
  Value* force(Value* value);

  /// The module's __all__ as a forced Sequence of strings; null where it has none.
  const Sequence* all(Value* module);
  /// The C3 linearisation, itself first; ends early where a base is not known.
  std::vector<Value*> mro(Value* cls);
  /// The dotted name an object was defined under; empty where it has none.
  std::string_view defined_as(const Value* value) const;

  /// Every store of subjects into what they do not own, in order of execution. Imports all modules
  /// of every Subject first.
  const std::vector<Store>& stores();

  /// Files that could not be read or parsed, and, after stores(), where a bound cut a function or
  /// loop of a subject short so that stores may be missing; "torch/x.py:3: …".
  const std::vector<std::string>& problems() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torchdevice::gap

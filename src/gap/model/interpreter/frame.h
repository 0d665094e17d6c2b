#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "gap/model/interpreter/value.h"

namespace torchdevice::gap {

enum class Truth : std::uint8_t { False, True, Undecided };
/// How a block was left.
enum class Flow : std::uint8_t { Next, Break, Continue, Return, Raise };

/// What a call hands over.
struct Arguments {
  std::vector<Value*> positional;
  std::vector<std::pair<std::string_view, Value*>> keywords;
  bool more_positional = false;  ///< `*x` of which x is not known
  bool more_keywords = false;    ///< `**x` of which x is not known

  /// The argument of that keyword or, else, at that position; null where it is not given.
  Value* get(std::size_t position, std::string_view keyword) const;
};

/// A scope while its statements run, and for as long as functions close over it.
struct Frame {
  enum class Kind : std::uint8_t { Module, Class, Function, Comprehension };
  Kind kind = Kind::Module;
  Frame* outer = nullptr;  ///< the lexically enclosing scope
  Module* module = nullptr;
  Value* module_value = nullptr;
  Namespace* names = nullptr;  ///< the module's, the class's, or `locals`
  Namespace locals;
  Value* object = nullptr;               ///< the Class or Function whose scope this is
  Value* self = nullptr;                 ///< the first argument of a method
  const Condition* condition = nullptr;  ///< under which the scope itself is entered
  std::string_view qualified_name;       ///< prefix of the names defined here
  std::vector<std::string_view> globals;
  std::vector<std::string_view> nonlocals;
  std::vector<Definition> returns;
  std::vector<Value*> yields;
  bool yields_complete = true;
  bool captured = false;  ///< something made here refers to the frame: it must be kept

  /// Keeps the frame, and those around it.
  void capture() {
    for (Frame* scope = this; scope != nullptr && !scope->captured; scope = scope->outer) {
      scope->captured = true;
    }
  }
  bool stub = false;  ///< of a `.pyi`
};

}  // namespace torchdevice::gap

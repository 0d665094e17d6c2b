#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gap/read/python/python_ast.h"

/// The syntax of a C++ file, as far as reading registrations needs it: a small tree of our own,
/// lowered from tree-sitter's.
///
/// Ownership: nodes and their text live in the CppFile they came from.
namespace torchdevice::gap {

enum class CppKind : std::uint8_t {
  Block,      ///< items: statements and declarations; also a file, a namespace's body
  Namespace,  ///< text: "a::b", empty if anonymous; items: declarations
  Class,      ///< text: the name; items: Base nodes, then members
  Base,       ///< text: "at::CUDAHooksInterface", template arguments taken off
  Function,  ///< text: "Foo::bar"; type: what it returns; items: TemplateParameter nodes, Parameter
             ///< nodes, constructor's initialisers, and last its body (a Block)
  FunctionDeclaration,  ///< as Function, without a body
  TemplateParameter,    ///< text: the name
  Parameter,            ///< text: the name; type; items[0]: the default, if any
  Variable,   ///< text: the name, empty for a structured binding; type; items[0]: its value, a Call
              ///< of the type for `T x(a)` and `T x{a}`; nothing where there is none
  Binding,    ///< a structured binding. items: Identifier nodes, then the value
  Return,     ///< items[0], or none
  If,         ///< items: the test, the branches
  ForEach,    ///< items: a Variable or Binding, the range, the body
  Loop,       ///< items: everything in it
  Call,       ///< items[0]: the callee; items[1..]: arguments. `new T(a)` and `T{a}` too
  Field,      ///< items[0]: the object; text: the member, of `.` and `->`
  Subscript,  ///< items[0], items[1]
  Identifier,   ///< text: "a::b", template arguments taken off; items: these
  Type,         ///< a template argument. text: as written
  String,       ///< text: the value; adjacent literals joined
  Number,       ///< text: as written; also `nullptr`, `true`, characters
  InitList,     ///< items; Designated among them
  Designated,   ///< text: the field; items[0]
  Lambda,       ///< items: Parameter nodes, and last the body
  Assign,       ///< text: the operator; items: left, right
  Binary,       ///< text: the operator; items: left, right
  Unary,        ///< text: "*", "&", "!"; items[0]. A cast has no text
  Conditional,  ///< items: test, then, else
  Opaque,       ///< anything else; items: what in it could be read
};

struct CppNode {
  CppKind kind = CppKind::Opaque;
  bool overrides = false;  ///< a function with `override` or `final`
  SourceRange range;       ///< in the preprocessed text; CppFile::line() takes its begin
  std::string_view text;
  std::string_view type;
  std::span<const CppNode* const> items;
};

}  // namespace torchdevice::gap

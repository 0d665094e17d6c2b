#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gap/read/cpp/cpp_file.h"

namespace torchdevice::gap {

struct CppScope;

/// Where something was written.
struct CppPlace {
  const CppFile* file = nullptr;
  const CppNode* node = nullptr;
};

/// What a C++ expression stands for, as far as registrations need it.
struct CppValue {
  enum class Kind {
    Unknown,   ///< text: why
    String,    ///< text
    Name,      ///< text: a constant, type or function of that qualified name
    List,      ///< items; text: the type of an item, or of a record
    AnyOf,     ///< one of items; which, only a run knows
    Library,   ///< a torch::Library. text: the namespace; key: the dispatch key, empty for none
    Operator,  ///< text: "aten::add.Tensor"
    Kernel,    ///< torch::dispatch(key, f). text: f as written; key
    Python,    ///< a Python object. text: its dotted path; empty: not known, `why` says why
    Lambda,    ///< place.node, called in `scope`
  };
  Kind kind = Kind::Unknown;
  std::string text;
  std::string key;
  std::string why;
  std::vector<CppValue*> items;
  std::vector<std::string_view> fields;  ///< of `items`, for a record whose fields are named
  CppPlace place;
  CppScope* scope = nullptr;
};

}  // namespace torchdevice::gap

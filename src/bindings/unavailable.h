#pragma once

#include <torch/csrc/python_headers.h>

#include <algorithm>

#include "bindings/method.h"

namespace torchdevice::bindings {

/// Text as a template argument.
template <size_t N>
struct Literal {
  constexpr Literal(const char (&source)[N]) { std::copy_n(source, N, text); }
  char text[N];
};

/// Raises NotImplementedError: `name` is what the user called, `feature` what it belongs to.
[[noreturn]] void raise_unavailable(const char* name, const char* feature);

/// A method that exists, as in a CUDA build, and raises; for METH_VARARGS | METH_KEYWORDS.
template <Literal Name, Literal Feature>
PyCFunction unavailable_method() {
  constexpr auto method = [](PyObject*, PyObject*, PyObject*) -> PyObject* {
    HANDLE_TH_ERRORS
    raise_unavailable(Name.text, Feature.text);
    END_HANDLE_TH_ERRORS
  };
  return castPyCFunctionWithKeywords(+method);
}

}  // namespace torchdevice::bindings

# The parsers of the gap analyzer: tree-sitter with its Python and C++ grammars, from the sources that
# their authors publish on PyPI. Systems package tree-sitter at versions that do not fit one set of
# grammars, so the set is pinned here.
#
# tools/setup.sh puts the archives in third_party/ with pip, which knows the machine's mirrors; where
# they are not there (a wheel built from a source archive), CMake fetches them itself.

include(FetchContent)

# Declares and unpacks one archive: `name` as in its file's name, without `.tar.gz`.
function(torchdevice_fetch target project archive sha256)
  set(url "${PROJECT_SOURCE_DIR}/third_party/${archive}.tar.gz")
  if(NOT EXISTS "${url}")
    string(SUBSTRING "${project}" 0 1 initial)
    set(url "https://files.pythonhosted.org/packages/source/${initial}/${project}/${archive}.tar.gz")
  endif()
  FetchContent_Declare(${target} URL "${url}" URL_HASH SHA256=${sha256} DOWNLOAD_EXTRACT_TIMESTAMP ON)
  FetchContent_MakeAvailable(${target})
  set(${target}_SOURCE_DIR "${${target}_SOURCE_DIR}" PARENT_SCOPE)
endfunction()

torchdevice_fetch(tree_sitter tree-sitter tree-sitter-0.24.0
  abd95af65ca2f4f7eca356343391ed669e764f37748b5352946f00f7fc78e734)
torchdevice_fetch(tree_sitter_python tree-sitter-python tree_sitter_python-0.23.6
  354bfa0a2f9217431764a631516f85173e9711af2c13dbd796a8815acfe505d9)
torchdevice_fetch(tree_sitter_cpp tree-sitter-cpp tree_sitter_cpp-0.23.4
  6a59c4cebb1ad1dc2e8d586cf8a72b39d21b8108b7b139d089719e81a339e41d)

# The grammars include these of the core's private headers as <tree_sitter/…>, and ship no copy.
set(tree_sitter_core "${tree_sitter_SOURCE_DIR}/tree_sitter/core/lib")
set(tree_sitter_grammar_headers "${PROJECT_BINARY_DIR}/generated/tree_sitter_grammar")
foreach(header parser.h array.h alloc.h)
  configure_file("${tree_sitter_core}/src/${header}"
    "${tree_sitter_grammar_headers}/tree_sitter/${header}" COPYONLY)
endforeach()

add_library(tree-sitter STATIC
  "${tree_sitter_core}/src/lib.c"
  "${tree_sitter_python_SOURCE_DIR}/src/parser.c" "${tree_sitter_python_SOURCE_DIR}/src/scanner.c"
  "${tree_sitter_cpp_SOURCE_DIR}/src/parser.c" "${tree_sitter_cpp_SOURCE_DIR}/src/scanner.c")
target_include_directories(tree-sitter SYSTEM
  PUBLIC "${tree_sitter_core}/include"
  PRIVATE "${tree_sitter_core}/src" "${tree_sitter_grammar_headers}")
# Others' code, in C: no warnings of ours. The tables of the grammars are data: -O2 costs nothing.
target_compile_options(tree-sitter PRIVATE -w -O2)
set_target_properties(tree-sitter PROPERTIES C_STANDARD 11)

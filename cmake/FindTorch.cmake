# The PyTorch that the chosen interpreter has: its headers and libraries as imported targets.
#
# TorchConfig.cmake is not used. It asks for the CUDA toolkit when torch is a CUDA build, searches
# for MKL and protobuf, and its `torch` target drags in libraries that this project must not link
# (libtorchdevice is loaded between libtorch_cpu and torch._C, so it may know only the first).
# torch is located, not imported: a `.pth` hook of an installed TorchDevice stays out of the build.
#
# Sets TORCH_ROOT, TORCH_VERSION; defines torch::cpu (c10 and ATen) and torch::python.
# No _GLIBCXX_USE_CXX11_ABI here: the supported releases are built with the compiler's default.

execute_process(
  COMMAND "${Python3_EXECUTABLE}" -c "
import importlib.util, pathlib
spec = importlib.util.find_spec('torch')
print(pathlib.Path(spec.origin).parent.as_posix() if spec and spec.origin else '', end='')"
  OUTPUT_VARIABLE TORCH_ROOT
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT TORCH_ROOT)
  message(FATAL_ERROR "${Python3_EXECUTABLE} has no torch. Run tools/setup.sh, or install torch.")
endif()

file(STRINGS "${TORCH_ROOT}/version.py" version_line REGEX "^__version__ = ")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" TORCH_VERSION "${version_line}")
message(STATUS "torch ${TORCH_VERSION} in ${TORCH_ROOT}")

function(torchdevice_import_torch_library target name)
  add_library(${target} SHARED IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION
      "${TORCH_ROOT}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}${name}${CMAKE_SHARED_LIBRARY_SUFFIX}"
    INTERFACE_INCLUDE_DIRECTORIES
      "${TORCH_ROOT}/include;${TORCH_ROOT}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
      "${TORCH_ROOT}/include;${TORCH_ROOT}/include/torch/csrc/api/include")
endfunction()

torchdevice_import_torch_library(torch::c10 c10)
torchdevice_import_torch_library(torch::cpu torch_cpu)
torchdevice_import_torch_library(torch::python torch_python)
target_link_libraries(torch::cpu INTERFACE torch::c10)
target_link_libraries(torch::python INTERFACE torch::cpu)
# The official builds have them (share/cmake/Caffe2/Caffe2Targets.cmake); they change c10d's headers.
target_compile_definitions(torch::python INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)

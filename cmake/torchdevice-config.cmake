# find_package(torchdevice) for C++ programs: the target torchdevice::torchdevice.
# Put the installed package's folder (site-packages/torchdevice) on CMAKE_PREFIX_PATH, beside
# torch's own (site-packages/torch).

get_filename_component(_torchdevice_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET torchdevice::torchdevice)
  add_library(torchdevice::torchdevice INTERFACE IMPORTED)
  target_include_directories(torchdevice::torchdevice INTERFACE "${_torchdevice_root}/include")
  # A program need not call the library: being loaded is what fills PyTorch's CUDA slots, so the
  # linker must not drop it as unused.
  if(APPLE)
    target_link_libraries(torchdevice::torchdevice INTERFACE
      "-Wl,-needed_library,${_torchdevice_root}/libtorchdevice.dylib")
  else()
    target_link_libraries(torchdevice::torchdevice INTERFACE
      -Wl,--no-as-needed "${_torchdevice_root}/libtorchdevice.so" -Wl,--as-needed)
  endif()
endif()

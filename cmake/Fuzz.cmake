# Fuzz targets: every src/gap/**/NAME_fuzz.cc defines LLVMFuzzerTestOneInput and nothing else that is
# visible outside. tests/gap/fuzz/NAME/ holds its seeds.
#
# With TORCHDEVICE_FUZZ (a Clang with libFuzzer; tools/fuzz.sh) each becomes a program NAME_fuzz.
# Otherwise gap_test runs them all on mutated seeds.

file(GLOB_RECURSE fuzz_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/gap/*_fuzz.cc")

set(fuzz_declarations "")
set(fuzz_targets "")
set(fuzz_programs "")
foreach(source ${fuzz_sources})
  get_filename_component(program "${source}" NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name "${program}")
  if(TORCHDEVICE_FUZZ)
    add_executable(${program} "${source}")
    target_link_libraries(${program} PRIVATE gap)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    list(APPEND fuzz_programs ${program})
  else()
    set_source_files_properties("${source}" PROPERTIES
      COMPILE_DEFINITIONS "LLVMFuzzerTestOneInput=fuzz_${name}")
    target_sources(gap_test PRIVATE "${source}")
    string(APPEND fuzz_declarations
      "extern \"C\" int fuzz_${name}(const std::uint8_t* data, std::size_t size);\n")
    string(APPEND fuzz_targets "    {\"${name}\", fuzz_${name}},\n")
  endif()
endforeach()

if(TORCHDEVICE_FUZZ)
  add_custom_target(fuzz_programs DEPENDS ${fuzz_programs})
else()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/fuzz_targets.h" CONTENT
"#pragma once

#include <cstddef>
#include <cstdint>

@fuzz_declarations@
struct FuzzTarget {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};
inline constexpr FuzzTarget kFuzzTargets[] = {
@fuzz_targets@};
" @ONLY)
  target_include_directories(gap_test PRIVATE "${PROJECT_BINARY_DIR}/generated")
endif()

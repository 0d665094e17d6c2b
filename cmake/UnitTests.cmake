# The unit tests that stand beside their sources: device_test and gap_test.

find_package(GTest REQUIRED)

add_executable(device_test ${device_tests})
target_include_directories(device_test PRIVATE
  "${PROJECT_SOURCE_DIR}/src" "${TORCHDEVICE_GENERATED_DIR}")
target_link_libraries(device_test PRIVATE
  torchdevice nlohmann_json::nlohmann_json GTest::gtest GTest::gtest_main)
target_precompile_headers(device_test PRIVATE <ATen/core/Tensor.h> <gtest/gtest.h>)

add_test(NAME device_test COMMAND device_test)
set_tests_properties(device_test PROPERTIES
  ENVIRONMENT "TORCHDEVICE=cpu;TORCHDEVICE_COUNT=2;OMP_NUM_THREADS=1")

add_executable(gap_test ${gap_tests})
target_link_libraries(gap_test PRIVATE gap PkgConfig::libzip GTest::gtest GTest::gtest_main)
target_compile_definitions(gap_test PRIVATE
  TORCHDEVICE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/gap"
  TORCHDEVICE_TEST_TORCH="${TORCH_ROOT}")
add_test(NAME gap_test COMMAND gap_test)

include(Fuzz)

# device_test: the unit tests that stand beside their sources in src/device.

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

# Puts a text file into a library, as `extern const std::string_view VARIABLE` of torchdevice::gap.
# CMake runs again when the file changes.
function(torchdevice_embed target file variable)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${file}")
  file(READ "${PROJECT_SOURCE_DIR}/${file}" content)
  get_filename_component(name "${file}" NAME_WE)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${name}_text.cc" CONTENT
"#include <string_view>
namespace torchdevice::gap {
extern const std::string_view @variable@;
const std::string_view @variable@ = R\"text(@content@)text\";
}
" @ONLY)
  target_sources(${target} PRIVATE "${PROJECT_BINARY_DIR}/generated/${name}_text.cc")
endfunction()

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gap/read/source_tree.h"
#include "gap/read/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    torchdevice::gap::parse_yaml("fuzz.yaml", {reinterpret_cast<const char*>(data), size});
  } catch (const torchdevice::gap::ReadError& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) {
      std::abort();
    }
  }
  return 0;
}

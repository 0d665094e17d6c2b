#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gap/read/tree_path.h"
#include "gap/read/wheel_tree.h"

namespace {

constexpr std::uint64_t kEnough = 1 << 20;

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void read_all(std::string_view archive) {
  using torchdevice::gap::ReadError;
  try {
    const auto tree = torchdevice::gap::open_wheel_in_memory("fuzz.whl", archive, {});
    std::string_view before;
    std::uint64_t unpacked = 0;
    for (const torchdevice::gap::SourceEntry& entry : tree->entries()) {
      check(before < entry.path && !torchdevice::gap::path_defect(entry.path));
      before = entry.path;
      unpacked += entry.size;
      if (unpacked > kEnough) {
        return;
      }
      try {
        check(tree->read(entry).size() == entry.size);
      } catch (const ReadError& error) {
        check(std::string_view(error.what()).find('\n') == std::string_view::npos);
      }
    }
  } catch (const ReadError& error) {
    check(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_all({reinterpret_cast<const char*>(data), size});
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gap/model/operators/operators.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchdevice::gap;
  try {
    const Operators operators =
        parse_operators("fuzz.yaml", {reinterpret_cast<const char*>(data), size}, {});
    for (const Operator& op : operators.all()) {
      for (const char* key : {"CUDA", "SparseCsrMPS", "Meta"}) {
        const Resolution resolution = operators.resolve(op, key);
        if (resolution && resolution.owner == nullptr) {
          std::abort();
        }
      }
      // Every schema, read or generated, can be read again.
      if (parse_function_schema(op.schema.text()).text() != op.schema.text()) {
        std::abort();
      }
    }
  } catch (const ReadError&) {  // NOLINT(bugprone-empty-catch): most inputs are no such YAML
  }
  return 0;
}

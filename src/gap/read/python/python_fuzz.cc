#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gap/read/python/python_dump_test.h"
#include "gap/read/python/python_file.h"

/// A file that has no errors reads the same with its bodies elided and read later as at once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchdevice::gap;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = PythonFile::parse("fuzz.py", text, Bodies::Parsed);
  const auto elided = PythonFile::parse("fuzz.py", text, Bodies::Elided);
  const std::string whole = dump(*parsed, DumpBodies::Read);
  const std::string joined = dump(*elided, DumpBodies::Read);
  if (parsed->errors().empty() && whole != joined) {
    std::abort();
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gap/model/backend/backend.h"

namespace {

/// A subject of one file.
class OneFile final : public torchdevice::gap::SourceTree {
 public:
  explicit OneFile(std::string text)
      : text_(std::move(text)), entries_{{"fuzz.cc", text_.size(), 0}} {}

  const std::string& location() const override { return location_; }
  const std::vector<torchdevice::gap::SourceEntry>& entries() const override { return entries_; }
  std::string read(const torchdevice::gap::SourceEntry& /*entry*/) const override { return text_; }
  const std::vector<std::string>& problems() const override { return problems_; }

 private:
  std::string location_ = "fuzz";
  std::string text_;
  std::vector<torchdevice::gap::SourceEntry> entries_;
  std::vector<std::string> problems_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const OneFile subject(std::string(reinterpret_cast<const char*>(data), size));
  torchdevice::gap::read_backend(subject, subject, 1);
  return 0;
}

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torchdevice::cli {

/// Writes JSON into a string as it goes, so that a result of millions of values never exists as a
/// tree. Each item of the outermost arrays has a line of its own, for grep and diff.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  /// `name` must need no escapes.
  void key(std::string_view name);
  void value(std::string_view text);
  void value(std::uint64_t number);
  void boolean(bool truth);
  void null();

  void field(std::string_view name, std::string_view text) { key(name), value(text); }
  /// Null where there is none.
  void optional_field(std::string_view name, const std::optional<std::string>& text);
  void field(std::string_view name, std::uint64_t number) { key(name), value(number); }
  void flag(std::string_view name, bool truth) { key(name), boolean(truth); }
  void field(std::string_view name, const std::vector<std::string>& texts);
  /// An array: `write_item(item)` writes one of `items`.
  template <typename Items, typename WriteItem>
  void list(std::string_view name, const Items& items, WriteItem write_item) {
    key(name);
    begin_array();
    for (const auto& item : items) {
      write_item(item);
    }
    end_array();
  }

 private:
  void separate();
  void open(char bracket);
  void close(char bracket);

  std::string& out_;
  std::vector<std::size_t> items_;  ///< written so far, for each open bracket
  std::vector<char> brackets_;
  bool after_key_ = false;
};

}  // namespace torchdevice::cli

#include "cli/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace torchdevice::cli {

namespace {

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e || c == '"' ||
         c == '\\';
}

}  // namespace

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!items_.empty() && items_.back()++ > 0) {
    out_ += ", ";
  }
}

void JsonWriter::open(char bracket) {
  const bool item_of_result = brackets_.size() == 2 && brackets_.back() == '[';
  separate();
  if (item_of_result) {
    out_ += '\n';
  }
  out_ += bracket;
  items_.push_back(0);
  brackets_.push_back(bracket);
}

void JsonWriter::close(char bracket) {
  items_.pop_back();
  brackets_.pop_back();
  out_ += bracket;
  if (brackets_.empty()) {
    out_ += '\n';
  }
}

void JsonWriter::begin_object() { open('{'); }
void JsonWriter::end_object() { close('}'); }
void JsonWriter::begin_array() { open('['); }
void JsonWriter::end_array() { close(']'); }

void JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  if (std::any_of(text.begin(), text.end(), needs_escape)) {
    // Bytes that are not UTF-8 become U+FFFD: the result is always valid JSON.
    out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    out_ += '"';
    out_ += text;
    out_ += '"';
  }
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  fmt::format_to(std::back_inserter(out_), "{}", number);
}

void JsonWriter::boolean(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::optional_field(std::string_view name, const std::optional<std::string>& text) {
  key(name);
  if (text) {
    value(*text);
  } else {
    null();
  }
}

void JsonWriter::field(std::string_view name, const std::vector<std::string>& texts) {
  key(name);
  begin_array();
  for (const std::string& text : texts) {
    value(text);
  }
  end_array();
}

}  // namespace torchdevice::cli

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace torchdevice::cli {

/// Adds a line of CSV (RFC 4180, with `\n`).
void write_csv_row(std::string& out, std::initializer_list<std::string_view> fields);

}  // namespace torchdevice::cli

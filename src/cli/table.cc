#include "cli/table.h"

#include <algorithm>

namespace torchdevice::cli {

namespace {

/// Code points: what sources hold are names, nothing wide.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void Table::print(std::string& out, const Paint& paint, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (const std::vector<Cell>& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t cell = width(row[i].text);
      widths[i] = std::max(widths[i], cell <= kWidest ? cell : 0);
    }
  }
  for (const std::vector<Cell>& row : rows_) {
    out += indent;
    std::size_t spaces = 0;  // not written at the end of a line
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i].text.empty()) {
        out.append(spaces, ' ');
        out += paint(row[i].style, row[i].text);
        spaces = 0;
      }
      const std::size_t cell = width(row[i].text);
      spaces += 2 + (widths[i] > cell ? widths[i] - cell : 0);
    }
    out += '\n';
  }
}

}  // namespace torchdevice::cli

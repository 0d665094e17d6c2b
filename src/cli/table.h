#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace torchdevice::cli {

struct Cell {
  std::string text;
  fmt::text_style style = kPlain;
};

/// Lines in columns that are as wide as their widest cell; the last column ends where its text
/// does.
class Table {
 public:
  /// Cells beyond kWidest push what follows them aside instead of widening the whole column.
  static constexpr std::size_t kWidest = 48;

  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  void print(std::string& out, const Paint& paint, std::string_view indent) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace torchdevice::cli

// Text in columns. Values.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

  // As many cells as the header has; they must be printable (text.h).
  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  bool empty() const { return rows_.size() == 1; }

  // One line per row, each begun with `indent` blanks and ended with a newline; columns two blanks
  // apart, no blanks at the end of lines.
  std::string Render(std::size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
};

}  // namespace cli

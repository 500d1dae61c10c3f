// A log of lines that scrolls, and below it, where the output is a terminal, one table that is
// redrawn in place (ECMA-48 cursor movement).

#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace cli {

// Confined to one thread.
class Screen {
 public:
  struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
  };

  // Plain: SetTable does nothing.
  explicit Screen(std::ostream& out) : out_(out) {}
  Screen(std::ostream& out, Size size) : out_(out), size_(size), is_terminal_(true) {}

  bool has_table() const { return is_terminal_; }

  // Adds a line, which must be printable (text.h), to the log.
  void Print(const std::string& line);

  // Replaces the table by these lines, cut to what fits.
  void SetTable(std::vector<std::string> lines);

 private:
  void Erase();
  void Draw();

  std::ostream& out_;
  const Size size_ = {};
  const bool is_terminal_ = false;
  std::vector<std::string> table_;
  std::size_t drawn_ = 0;  // lines of the table on the screen now
};

}  // namespace cli

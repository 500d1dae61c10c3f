#include "cli/screen.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace cli {

void Screen::Erase() {
  // Up to the table's first line, then clear to the end of the screen.
  if (drawn_ > 0) out_ << absl::StrFormat("\x1b[%dA\x1b[J", drawn_);
  drawn_ = 0;
}

void Screen::Draw() {
  for (const std::string& line : table_) {
    if (drawn_ + 2 > size_.rows) break;  // a line that scrolls away cannot be redrawn
    out_ << line.substr(0, size_.columns) << "\n";
    ++drawn_;
  }
}

void Screen::Print(const std::string& line) {
  Erase();
  out_ << line << "\n";
  Draw();
  out_.flush();
}

void Screen::SetTable(std::vector<std::string> lines) {
  if (!is_terminal_) return;
  Erase();
  table_ = std::move(lines);
  Draw();
  out_.flush();
}

}  // namespace cli

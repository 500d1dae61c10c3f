#include "cli/screen.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cli {
namespace {

TEST(ScreenTest, PrintsPlainLinesOnlyWhereThereIsNoTerminal) {
  std::ostringstream out;
  Screen screen(out);
  screen.SetTable({"table"});
  screen.Print("line");
  EXPECT_EQ(out.str(), "line\n");
}

TEST(ScreenTest, KeepsTheTableBelowTheLines) {
  std::ostringstream out;
  Screen screen(out, {.columns = 80, .rows = 24});
  screen.SetTable({"a", "b"});
  screen.Print("line");
  EXPECT_EQ(out.str(), "a\nb\n\x1b[2A\x1b[Jline\na\nb\n");
}

TEST(ScreenTest, RedrawsTheTableInPlace) {
  std::ostringstream out;
  Screen screen(out, {.columns = 80, .rows = 24});
  screen.SetTable({"a", "b"});
  screen.SetTable({"c"});
  screen.SetTable({});
  EXPECT_EQ(out.str(), "a\nb\n\x1b[2A\x1b[Jc\n\x1b[1A\x1b[J");
}

TEST(ScreenTest, CutsTheTableToWhatFits) {
  std::ostringstream out;
  Screen screen(out, {.columns = 3, .rows = 3});
  screen.SetTable({"abcdef", "b", "c"});
  EXPECT_EQ(out.str(), "abc\nb\n");
}

}  // namespace
}  // namespace cli

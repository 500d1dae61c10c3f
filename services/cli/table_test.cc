#include "cli/table.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(TableTest, AlignsItsColumns) {
  Table table({"HOST", "STATE"});
  table.Add({"a.test", "active"});
  table.Add({"long.host.test", "pending"});
  EXPECT_EQ(table.Render(),
            "HOST            STATE\n"
            "a.test          active\n"
            "long.host.test  pending\n");
}

TEST(TableTest, LeavesNoBlanksAtTheEndOfLines) {
  Table table({"A", "B"});
  table.Add({"x", ""});
  EXPECT_EQ(table.Render(2), "  A  B\n  x\n");
}

TEST(TableTest, IsEmptyWithoutRows) { EXPECT_TRUE(Table({"A"}).empty()); }

}  // namespace
}  // namespace cli

#include "cert/core/shown.h"

#include <gtest/gtest.h>

namespace cert {
namespace {

TEST(ShownTest, LeavesShortPrintableTextAsItIs) { EXPECT_EQ(Shown("a b~"), "a b~"); }

TEST(ShownTest, ReplacesEveryOtherOctet) {
  EXPECT_EQ(Shown(std::string("a\0\n\x7f\xc3\xbc", 6)), "a?????");
}

TEST(ShownTest, CutsAfterAHundredOctets) {
  EXPECT_EQ(Shown(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(Shown(std::string(101, 'x')), std::string(100, 'x') + "...");
}

}  // namespace
}  // namespace cert

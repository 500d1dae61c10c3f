#include "base/enum_names.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

enum class Colour { kRed, kBlue };

constexpr EnumNames<Colour, 2> kColours{{{Colour::kRed, "RED"}, {Colour::kBlue, "BLUE"}}};

TEST(EnumNamesTest, EachValueHasAWordAndReadsBack) {
  EXPECT_EQ(std::string(NameIn(kColours, Colour::kBlue)), "BLUE");
  EXPECT_EQ(ValueIn(kColours, "BLUE"), Colour::kBlue);
}

TEST(EnumNamesTest, WhatIsNoValueHasNoWord) {
  EXPECT_EQ(std::string(NameIn(kColours, static_cast<Colour>(2))), "?");
  EXPECT_EQ(ValueIn(kColours, "?"), std::nullopt);
  EXPECT_EQ(ValueIn(kColours, "BLUEISH"), std::nullopt);
  EXPECT_EQ(ValueIn(kColours, ""), std::nullopt);
}

}  // namespace
}  // namespace base

#include "probe/core/value_clues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace probe {
namespace {

using observation::Clue;
using ::testing::ElementsAreArray;

constexpr char kExpected[] = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

struct Case {
  const char* name;
  std::string found;
  std::vector<Clue> clues;
};

void PrintTo(const Case& the_case, std::ostream* out) { *out << the_case.name; }

class CompareValuesTest : public ::testing::TestWithParam<Case> {};

TEST_P(CompareValuesTest, SaysHowTheValueDiffers) {
  EXPECT_THAT(CompareValues(kExpected, GetParam().found), ElementsAreArray(GetParam().clues));
}

const std::string kValue = kExpected;

INSTANTIATE_TEST_SUITE_P(
    All, CompareValuesTest,
    ::testing::Values(
        Case{"Equal", kValue, {}}, Case{"Empty", "", {}}, Case{"OnlyQuotes", "\"\"", {}},
        Case{"AnotherToken", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", {}},
        Case{"Quoted", "\"" + kValue + "\"", {Clue::kValueQuoted}},
        Case{"QuotedTwice", "\"\"" + kValue + "\"\"", {Clue::kValueQuoted}},
        Case{"QuotedWithEscapes", "\\\"" + kValue + "\\\"", {Clue::kValueQuoted}},
        Case{"QuotedByAWordProcessor", "“" + kValue + "”", {Clue::kValueQuoted}},
        Case{"HalfQuoted", kValue + "\"", {Clue::kValueQuoted}},
        Case{"SpaceAround", " " + kValue + "\t", {Clue::kValueSpaced}},
        Case{"SpaceInside", "LoqXcYV8q5ONbJQxbmR7 SCTNo3tiAXDfowyjxAjEuX0", {Clue::kValueSpaced}},
        Case{"NoBreakSpace", kValue + "\u00a0", {Clue::kValueSpaced}},
        Case{"SpaceInQuotes", "\"" + kValue + " \"", {Clue::kValueQuoted, Clue::kValueSpaced}},
        Case{"LowerCase", "loqxcyv8q5onbjqxbmr7sctno3tiaxdfowyjxajeux0", {Clue::kValueCase}},
        Case{"LowerCaseQuoted",
             "\"loqxcyv8q5onbjqxbmr7sctno3tiaxdfowyjxajeux0\"",
             {Clue::kValueQuoted, Clue::kValueCase}},
        Case{"CutBehind", "LoqXcYV8q5ONbJQxbmR7", {Clue::kValueCut}},
        Case{"CutBefore", "owyjxAjEuX0", {Clue::kValueCut}},
        Case{"CutAndQuoted", "\"LoqXcYV8q5ONbJQxbmR7", {Clue::kValueQuoted, Clue::kValueCut}},
        Case{"CutToEight", "LoqXcYV8", {Clue::kValueCut}},
        Case{"CutToSevenIsChance", "LoqXcYV", {}}, Case{"LongerIsNotCut", kValue + "x", {}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CompareValuesTest, SpacesThatAreExpectedAreNoClue) {
  EXPECT_THAT(CompareValues("v=1 a", "v=1 a"), ::testing::IsEmpty());
  EXPECT_THAT(CompareValues("v=1 a", "\"v=1 a\""), ::testing::ElementsAre(Clue::kValueQuoted));
}

}  // namespace
}  // namespace probe

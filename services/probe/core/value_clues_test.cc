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

struct ValueCase {
  const char* name;
  std::string found;
  std::vector<Clue> clues;
};

void PrintTo(const ValueCase& the_case, std::ostream* out) { *out << the_case.name; }

class CompareValuesTest : public ::testing::TestWithParam<ValueCase> {};

TEST_P(CompareValuesTest, SaysHowTheValueDiffers) {
  EXPECT_THAT(CompareValues(kExpected, GetParam().found), ElementsAreArray(GetParam().clues));
}

const std::string kValue = kExpected;

INSTANTIATE_TEST_SUITE_P(
    All, CompareValuesTest,
    ::testing::Values(
        ValueCase{"Equal", kValue, {}}, ValueCase{"Empty", "", {}},
        ValueCase{"OnlyQuotes", "\"\"", {}},
        ValueCase{"AnotherToken", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", {}},
        ValueCase{"Quoted", "\"" + kValue + "\"", {Clue::kValueQuoted}},
        ValueCase{"QuotedTwice", "\"\"" + kValue + "\"\"", {Clue::kValueQuoted}},
        ValueCase{"QuotedWithEscapes", "\\\"" + kValue + "\\\"", {Clue::kValueQuoted}},
        ValueCase{"QuotedByAWordProcessor", "“" + kValue + "”", {Clue::kValueQuoted}},
        ValueCase{"HalfQuoted", kValue + "\"", {Clue::kValueQuoted}},
        ValueCase{"SpaceAround", " " + kValue + "\t", {Clue::kValueSpaced}},
        ValueCase{
            "SpaceInside", "LoqXcYV8q5ONbJQxbmR7 SCTNo3tiAXDfowyjxAjEuX0", {Clue::kValueSpaced}},
        ValueCase{"NoBreakSpace", kValue + "\u00a0", {Clue::kValueSpaced}},
        ValueCase{"SpaceInQuotes", "\"" + kValue + " \"", {Clue::kValueQuoted, Clue::kValueSpaced}},
        ValueCase{"LowerCase", "loqxcyv8q5onbjqxbmr7sctno3tiaxdfowyjxajeux0", {Clue::kValueCase}},
        ValueCase{"LowerCaseQuoted",
                  "\"loqxcyv8q5onbjqxbmr7sctno3tiaxdfowyjxajeux0\"",
                  {Clue::kValueQuoted, Clue::kValueCase}},
        ValueCase{"CutBehind", "LoqXcYV8q5ONbJQxbmR7", {Clue::kValueCut}},
        ValueCase{"CutBefore", "owyjxAjEuX0", {Clue::kValueCut}},
        ValueCase{"CutAndQuoted", "\"LoqXcYV8q5ONbJQxbmR7", {Clue::kValueQuoted, Clue::kValueCut}},
        ValueCase{"CutToEight", "LoqXcYV8", {Clue::kValueCut}},
        ValueCase{"CutToSevenIsChance", "LoqXcYV", {}},
        ValueCase{"LongerIsNotCut", kValue + "x", {}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CompareValuesTest, SpacesThatAreExpectedAreNoClue) {
  EXPECT_THAT(CompareValues("v=1 a", "v=1 a"), ::testing::IsEmpty());
  EXPECT_THAT(CompareValues("v=1 a", "\"v=1 a\""), ::testing::ElementsAre(Clue::kValueQuoted));
}

}  // namespace
}  // namespace probe

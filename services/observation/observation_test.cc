#include "observation/observation.h"

#include <gtest/gtest.h>

namespace observation {
namespace {

TEST(ObservationNamesTest, EveryOutcomeIsFoundAgainByItsName) {
  for (int i = 1; i <= static_cast<int>(Outcome::kNotAsked); ++i) {
    const auto outcome = static_cast<Outcome>(i);
    EXPECT_EQ(ParseOutcome(OutcomeName(outcome)), outcome) << i;
  }
}

TEST(ObservationNamesTest, EveryVoteIsFoundAgainByItsName) {
  for (const Vote vote : {Vote::kAgree, Vote::kDisagree, Vote::kCouldNotTell}) {
    EXPECT_EQ(ParseVote(VoteName(vote)), vote);
  }
}

// Stored evidence has them.
TEST(ObservationNamesTest, NamesAreStable) {
  EXPECT_STREQ(OutcomeName(Outcome::kNoSuchName), "no_such_name");
  EXPECT_STREQ(OutcomeName(Outcome::kCnameInTheWay), "cname_in_the_way");
  EXPECT_STREQ(VoteName(Vote::kCouldNotTell), "could_not_tell");
}

TEST(ObservationNamesTest, UnknownNamesHaveNoValue) {
  EXPECT_EQ(ParseOutcome("Match"), std::nullopt);
  EXPECT_EQ(ParseOutcome("unknown"), std::nullopt);
  EXPECT_EQ(ParseVote(""), std::nullopt);
}

}  // namespace
}  // namespace observation

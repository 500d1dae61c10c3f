#include "probe/core/ask_order.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

using ::observation::Observation;
using ::observation::Outcome;
using ::observation::Vote;

Observation Seen(const std::string& zone, Outcome outcome, Vote vote) {
  Observation seen;
  seen.zone = zone;
  seen.outcome = outcome;
  seen.vote = vote;
  return seen;
}

const Observation kAgrees = Seen("shop.test", Outcome::kMatch, Vote::kAgree);

TEST(NameserversAgreeTest, EveryServerAgreeing) {
  EXPECT_TRUE(NameserversAgree({kAgrees, kAgrees}));
}

TEST(NameserversAgreeTest, OneThatDisagreesStopsIt) {
  EXPECT_FALSE(NameserversAgree({kAgrees, Seen("shop.test", Outcome::kNoData, Vote::kDisagree)}));
}

TEST(NameserversAgreeTest, ADeadOneIsExcusedByItsSibling) {
  for (const Outcome dead : {Outcome::kTimeout, Outcome::kUnreachable}) {
    EXPECT_TRUE(NameserversAgree({kAgrees, Seen("shop.test", dead, Vote::kCouldNotTell)}));
    EXPECT_FALSE(NameserversAgree({kAgrees, Seen("dcv.test", dead, Vote::kCouldNotTell)}));
  }
}

TEST(NameserversAgreeTest, OneThatAnswersWithoutSayingIsNotExcused) {
  for (const Outcome trouble :
       {Outcome::kServfail, Outcome::kLame, Outcome::kRefused, Outcome::kNotAsked}) {
    EXPECT_FALSE(NameserversAgree({kAgrees, Seen("shop.test", trouble, Vote::kCouldNotTell)}));
  }
}

}  // namespace
}  // namespace probe

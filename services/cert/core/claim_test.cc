#include "cert/core/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/counting_random.h"

namespace cert {
namespace {

using base::testing::CountingRandom;
using ::testing::MatchesRegex;

TEST(ClaimTest, ValuesSayWhatTheyAre) {
  CountingRandom random;
  EXPECT_THAT(NewClaimValue(random), MatchesRegex("padlock-verify=[a-z2-7]{26}"));
  EXPECT_THAT(NewCanaryValue(random), MatchesRegex("padlock-canary=[a-z2-7]{26}"));
  EXPECT_THAT(NewDelegationId(random), MatchesRegex("[a-z2-7]{16}"));
}

TEST(ClaimTest, ValuesAreNeverAnAcmeToken) {
  CountingRandom random;
  EXPECT_NE(NewClaimValue(random).size(), 43U);
  EXPECT_NE(NewCanaryValue(random).size(), 43U);
}

TEST(ClaimTest, EachValueIsNew) {
  CountingRandom random;
  EXPECT_NE(NewClaimValue(random), NewClaimValue(random));
}

}  // namespace
}  // namespace cert

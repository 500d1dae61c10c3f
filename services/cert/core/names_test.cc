#include "cert/core/names.h"

#include <gtest/gtest.h>

namespace cert {
namespace {

TEST(NameTextTest, AWildcardHasABase) {
  EXPECT_TRUE(IsWildcard("*.shop.test"));
  EXPECT_FALSE(IsWildcard("shop.test"));
  EXPECT_EQ(BaseOf("*.shop.test"), "shop.test");
  EXPECT_EQ(BaseOf("shop.test"), "shop.test");
  EXPECT_EQ(WildcardOf("shop.test"), "*.shop.test");
}

TEST(NameTextTest, ClaimAndChallengeStandBelowTheHost) {
  EXPECT_EQ(ClaimNameOf("www.shop.test"), "_padlock.www.shop.test");
  EXPECT_EQ(ChallengeNameOf("www.shop.test"), "_acme-challenge.www.shop.test");
  EXPECT_TRUE(IsChallengeName("_acme-challenge.www.shop.test"));
  EXPECT_FALSE(IsChallengeName("_padlock.www.shop.test"));
}

TEST(NameTextTest, ANameIsInsideItsOwnZoneAndThoseAbove) {
  EXPECT_TRUE(IsInside("www.shop.test", "www.shop.test"));
  EXPECT_TRUE(IsInside("www.shop.test", "shop.test"));
  EXPECT_FALSE(IsInside("www.shop.test", "op.test"));
  EXPECT_FALSE(IsInside("www.shop.test", "a.www.shop.test"));
  EXPECT_FALSE(IsInside("www.shop.test", ""));
}

}  // namespace
}  // namespace cert

#include "cert/core/key_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;

constexpr absl::Time kEarly = absl::FromUnixSeconds(1'000);
constexpr absl::Time kLate = absl::FromUnixSeconds(2'000);

Certificate With(KeyChoice keys) {
  Certificate certificate;
  certificate.settings.keys = keys;
  return certificate;
}

Issuance Made(const std::string& id, KeyType type) {
  Issuance issuance;
  issuance.id = IssuanceId(id);
  issuance.key_type = type;
  return issuance;
}

TEST(KeyPlanTest, ACertificateHasOneKeyUnlessItIsDual) {
  EXPECT_THAT(KeyTypesOf({}), ElementsAre(KeyType::kEcdsaP256));
  EXPECT_THAT(KeyTypesOf({.keys = KeyChoice::kRsa2048}), ElementsAre(KeyType::kRsa2048));
  EXPECT_THAT(KeyTypesOf({.keys = KeyChoice::kDual}),
              ElementsAre(KeyType::kEcdsaP256, KeyType::kRsa2048));
  EXPECT_THAT(KeyTypesOf({.csr_pem = "request"}), ElementsAre(KeyType::kCallers));
}

TEST(KeyPlanTest, TheTwinsOfADualAreOrderedOneAfterTheOther) {
  Certificate dual = With(KeyChoice::kDual);
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kEcdsaP256);
  PlaceIssuance(Made("first", KeyType::kEcdsaP256), kEarly, dual);
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kRsa2048);
  EXPECT_EQ(NextRenewTime(dual), absl::InfinitePast());
  EXPECT_EQ(IssuanceOf(dual, KeyType::kRsa2048), std::nullopt);
  PlaceIssuance(Made("second", KeyType::kRsa2048), kLate, dual);
  EXPECT_EQ(IssuanceOf(dual, KeyType::kEcdsaP256), IssuanceId("first"));
  EXPECT_EQ(IssuanceOf(dual, KeyType::kRsa2048), IssuanceId("second"));
}

TEST(KeyPlanTest, WhatIsToBeRenewedFirstIsRenewedFirst) {
  Certificate dual = With(KeyChoice::kDual);
  PlaceIssuance(Made("first", KeyType::kEcdsaP256), kLate, dual);
  PlaceIssuance(Made("second", KeyType::kRsa2048), kEarly, dual);
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kRsa2048);
  EXPECT_EQ(NextRenewTime(dual), kEarly);
  PlaceIssuance(Made("third", KeyType::kRsa2048), kLate + absl::Hours(1), dual);
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kEcdsaP256);
  EXPECT_EQ(NextRenewTime(dual), kLate);
}

// An RSA key that the CA refuses must not let the other's certificate expire.
TEST(KeyPlanTest, ATwinWhoseOrdersFailLeavesTurnsToTheOtherOnceThatIsDue) {
  Certificate dual = With(KeyChoice::kDual);
  PlaceIssuance(Made("first", KeyType::kEcdsaP256), kLate, dual);
  dual.failed_orders = 1;
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kRsa2048);
  EXPECT_EQ(NextKeyType(dual, kLate), KeyType::kEcdsaP256);
  dual.failed_orders = 2;
  EXPECT_EQ(NextKeyType(dual, kLate), KeyType::kRsa2048);
}

TEST(KeyPlanTest, AnIssuanceOfASingleKeyTakesTheOnlyPlace) {
  Certificate single = With(KeyChoice::kRsa2048);
  PlaceIssuance(Made("only", KeyType::kRsa2048), kEarly, single);
  EXPECT_EQ(single.issuance, IssuanceId("only"));
  EXPECT_EQ(single.second_issuance, std::nullopt);
  EXPECT_EQ(NextRenewTime(single), kEarly);
  EXPECT_EQ(IssuanceOf(single, KeyType::kEcdsaP256), std::nullopt);
}

TEST(KeyPlanTest, ACertificateIsLookedAtForItsFirstRenewalOrTheFirstCaToAsk) {
  Certificate dual = With(KeyChoice::kDual);
  PlaceIssuance(Made("first", KeyType::kEcdsaP256), kLate, dual);
  PlaceIssuance(Made("second", KeyType::kRsa2048), kLate + absl::Hours(1), dual);
  Renewal first{.issuance = IssuanceId("first"), .ca = "ca"};
  Renewal second{.issuance = IssuanceId("second"), .ca = "ca"};
  EXPECT_EQ(NextLookAt(dual, {}), kLate);
  EXPECT_EQ(NextLookAt(dual, {first, second}), kLate);
  second.refresh_time = kEarly;
  EXPECT_EQ(NextLookAt(dual, {first, second}), kEarly);
}

TEST(KeyPlanTest, EachTwinsRenewalMovesOnItsOwnUnlessItIsDue) {
  Certificate dual = With(KeyChoice::kDual);
  PlaceIssuance(Made("first", KeyType::kEcdsaP256), kLate, dual);
  PlaceIssuance(Made("second", KeyType::kRsa2048), kLate, dual);
  EXPECT_THAT(IssuancesOf(dual), ElementsAre(IssuanceId("first"), IssuanceId("second")));
  EXPECT_TRUE(MoveRenewal(IssuanceId("second"), kEarly, absl::UnixEpoch(), dual));
  EXPECT_EQ(NextKeyType(dual, kEarly), KeyType::kRsa2048);
  EXPECT_EQ(dual.renew_time, kLate);
  EXPECT_FALSE(MoveRenewal(IssuanceId("second"), kLate, kEarly, dual));
  EXPECT_FALSE(MoveRenewal(IssuanceId("second"), kLate, kEarly - absl::Seconds(1), dual));
  EXPECT_EQ(NextRenewTime(dual), kEarly);
  EXPECT_FALSE(MoveRenewal(IssuanceId("former"), kEarly, absl::UnixEpoch(), dual));
}

}  // namespace
}  // namespace cert

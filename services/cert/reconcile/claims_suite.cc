// Two tenants and one hostname: who has it when, and that the other gets at nothing of it. The CA
// re-uses valid authorizations, so that only the claim keeps the tenants apart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/claims_fixture.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::observation::RecordType;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Caller KeyReader(const std::string& tenant) {
  return {.identity = {.name = "spiffe://padlock/tenant/" + tenant + "/key-reader",
                       .tenant = tenant,
                       .roles = {transport::Role::kKeyReader, transport::Role::kReader}},
          .request_id = "req-" + tenant};
}

std::string NameOf(const Certificate& certificate) {
  return "tenants/" + certificate.tenant.text() + "/certificates/" + certificate.id.text();
}

TEST_F(ClaimsTest, AHeldNameIsRefusedUnlessItIsChallenged) {
  const Domain held = Holder();
  const auto refused = domains_.Create(Operator("b"), {.parent = "tenants/b", .hostname = kHost});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("challenge"));
  const Domain challenger = Challenge();
  EXPECT_EQ(Get(challenger).progress.state, DomainState::kPending);
  EXPECT_EQ(Held()->tenant, TenantId("a"));
}

// The account's authorization for the name is valid: whoever orders it gets a certificate.
TEST_F(ClaimsTest, AChallengerWithoutProofGetsNoOrder) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  ASSERT_TRUE(EventuallyLooking([&] { return Get(challenger).progress.tries >= 2; }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(Held()->domain, held.id);
  EXPECT_EQ(CertificateOf(challenger).progress.state, CertificateState::kAwaitingDomain);
  EXPECT_THAT(EventsOf(held), Not(Contains(EventType::kClaimChallenged)));
}

TEST_F(ClaimsTest, ADelegationThatPointsToTheChallengerTakesTheNameOver) {
  const Domain held = Holder();
  const Certificate before = CertificateOf(held);
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking(
      [&] { return CertificateOf(challenger).progress.state == CertificateState::kActive; }));
  EXPECT_EQ(Held()->domain, challenger.id);
  EXPECT_THAT(EventsOf(challenger), Contains(EventType::kClaimTaken));
  EXPECT_THAT(EventsOf(held), Contains(EventType::kClaimLost));
  EXPECT_EQ(Get(held).progress.state, DomainState::kFailed);
  EXPECT_TRUE(IsTold(held, FindingCode::kClaimHeld));
  const Certificate after = CertificateOf(held);
  EXPECT_EQ(after.progress.state, CertificateState::kFailed);
  EXPECT_EQ(after.issuance, before.issuance);  // what was issued stays its owner's
  EXPECT_NE(CertificateOf(challenger).issuance, before.issuance);
}

TEST_F(ClaimsTest, WhatTheLoserHadStaysUnreadableForTheWinner) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return Held()->domain == challenger.id; }));
  const Certificate lost = CertificateOf(held);
  EXPECT_THAT(certificates_.Fetch(KeyReader("b"), NameOf(lost), /*with_key=*/true),
              StatusIs(absl::StatusCode::kNotFound));
  Certificate disguised = lost;
  disguised.tenant = TenantId("b");
  EXPECT_THAT(certificates_.Fetch(KeyReader("b"), NameOf(disguised), /*with_key=*/true),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(domains_.Get(Operator("b"), "tenants/b/domains/" + held.id.text()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(certificates_.Fetch(KeyReader("a"), NameOf(lost), /*with_key=*/true), IsOk());
}

TEST_F(ClaimsTest, TheLoserRenewsNothingAndItsOldValueDoesNotWinBack) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking(
      [&] { return CertificateOf(challenger).progress.state == CertificateState::kActive; }));
  const int orders = ca_.Count(AcmeCall::kNewOrder);
  Show({held, challenger});
  ASSERT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + held.id.text()), IsOk());
  ASSERT_TRUE(EventuallyLooking([&] {
    return IsTold(held, FindingCode::kClaimHeld) &&
           Get(held).progress.state == DomainState::kPending;
  }));
  EXPECT_THAT(Get(held).finding->sentence, HasSubstr("delete the domain and add it again"));
  EXPECT_EQ(Held()->domain, challenger.id);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), orders);
}

TEST_F(ClaimsTest, AValueFromBeforeTheHoldersLastProofCannotChallenge) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  ASSERT_TRUE(EventuallyLooking([&] { return Held()->prove_time > challenger.create_time; }));
  Show({held, challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return IsTold(challenger, FindingCode::kClaimHeld); }));
  EXPECT_EQ(Held()->domain, held.id);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(ClaimsTest, AVerifiedClaimSurvivesTheRemovalOfItsRecords) {
  const Domain held = Holder();
  Show({});
  ASSERT_TRUE(EventuallyLooking([&] { return Get(held).finding.has_value(); }));
  EXPECT_EQ(Get(held).progress.state, DomainState::kActive);
  EXPECT_EQ(Held()->domain, held.id);
  EXPECT_THAT(domains_.Create(Operator("b"), {.parent = "tenants/b", .hostname = kHost}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ClaimsTest, WithoutADelegationTheHolderIsToldAndKeepsTheNameForSevenDays) {
  const Domain held = Holder();
  const Domain challenger = ChallengeWithoutDelegation();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return IsTold(held, FindingCode::kClaimChallenged); }));
  ASSERT_TRUE(EventuallyLooking([&] { return IsTold(challenger, FindingCode::kClaimHeld); }));
  EXPECT_THAT(EventsOf(held), Contains(EventType::kClaimChallenged));
  EXPECT_EQ(Get(held).progress.state, DomainState::kActive);
  EXPECT_EQ(Held()->domain, held.id);
  EXPECT_TRUE(Held()->notice_time.has_value());
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);

  Execute("UPDATE padlock.claims SET notice_time = now() - interval '7 days'");
  ASSERT_TRUE(EventuallyLooking([&] { return Held()->domain == challenger.id; }));
  EXPECT_THAT(EventsOf(held), Contains(EventType::kClaimLost));
  EXPECT_EQ(Held()->notice_time, std::nullopt);
}

// Or its schedule would end before that time does.
TEST_F(ClaimsTest, TheHoldersTimeIsNoTryOfTheChallenger) {
  Holder();
  const Domain challenger = ChallengeWithoutDelegation();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return IsTold(challenger, FindingCode::kClaimHeld); }));
  const Domain waiting = Get(challenger);
  ASSERT_TRUE(EventuallyLooking([&] { return Get(challenger).check_time > waiting.check_time; }));
  EXPECT_EQ(Get(challenger).progress.tries, waiting.progress.tries);
}

TEST_F(ClaimsTest, AHolderThatProvesItsRightAgainEndsTheChallenge) {
  const Domain held = Holder();
  const Domain challenger = ChallengeWithoutDelegation();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return Held()->notice_time.has_value(); }));
  Show({held, challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return !Held()->notice_time.has_value(); }));
  EXPECT_THAT(EventsOf(held), Contains(EventType::kClaimDefended));
  EXPECT_TRUE(Eventually([&] { return !Get(held).finding.has_value(); }));
  EXPECT_EQ(Held()->domain, held.id);
}

TEST_F(ClaimsTest, AnOrderThatIsUnderWayIsGivenUpWithTheClaim) {
  prober_.Answer([](const Question& question, const std::string&) {
    return testing::IsAboutTokens(question) ? testing::Disagrees(observation::Outcome::kMismatch)
                                            : testing::Agrees(question);
  });
  StartReconciler();
  const Domain held = Add("a", kHost);
  ASSERT_TRUE(Eventually([&] { return publisher_.ValuesAt(held.delegation_target).size() == 3; }));
  const Domain challenger = Challenge();
  Show({challenger}, /*tokens_agree=*/false);
  ASSERT_TRUE(EventuallyLooking([&] {
    return publisher_.ValuesAt(held.delegation_target).size() == 1 && !CertificateOf(held).order;
  }));
  EXPECT_EQ(CertificateOf(held).progress.state, CertificateState::kFailed);
  EXPECT_EQ(CertificateOf(held).issuance, std::nullopt);
  // More where this CA, which uses authorizations again, gave one of them to the challenger's
  // order: that one is closed as well then, and another follows.
  EXPECT_GE(ca_.Count(AcmeCall::kDeactivateAuthorization), 2);
}

}  // namespace
}  // namespace cert

// What the policy on takeovers does with what the loser of a hostname has for it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "cert/app/shared_certificates.h"
#include "cert/reconcile/claim_contest.h"
#include "cert/reconcile/testing/claims_fixture.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kKept[] = "kept.example.com";

class TakeoverTest : public ClaimsTest {
 protected:
  Services MakeServices() override {
    Services services = ClaimsTest::MakeServices();
    services.options.takeover_revocation = policy_;
    return services;
  }

  // As the step of the challenger's domain does it, once that is proved.
  absl::Status TakeOver(const Domain& challenger, const absl::Status& end = absl::OkStatus()) {
    return store_.Write(challenger.tenant, [&](Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(const std::optional<ClaimRefusal> refusal,
                       ContendForClaim(transaction, challenger, policy_));
      EXPECT_FALSE(refusal.has_value());
      return end;
    });
  }

  Certificate OrderShared(const std::vector<std::string>& names, bool partial) {
    const absl::StatusOr<Certificate> made = shared_.Create(
        Operator("a"), {.parent = "tenants/a", .names = names, .settings = {.partial = partial}});
    EXPECT_THAT(made, IsOk());
    EXPECT_TRUE(Eventually([&] { return Get(made->id).issuance.has_value(); }));
    return Get(made->id);
  }

  // Of tenant "a".
  std::vector<Issuance> IssuedFor(const CertificateId& certificate) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.ListIssuances(certificate); });
  }

  Issuance InUse(const Domain& domain) {
    return Read(domain.tenant,
                [&](Transaction& it) { return it.GetIssuance(*CertificateOf(domain).issuance); });
  }

  // Of tenant "a".
  std::optional<Revocation> RevocationOf(const IssuanceId& id) {
    return Read(TenantId("a"), [&](Transaction& it) { return it.GetIssuance(id); }).revocation;
  }

  ::testing::AssertionResult IsRevoked(const IssuanceId& id) {
    return Eventually([&] {
      const std::optional<Revocation> revocation = RevocationOf(id);
      return revocation && revocation->revoke_time;
    });
  }

  // All that the tenant is told.
  std::vector<Event> EventsOfTenant(const std::string& tenant) {
    const auto events = log_.ReadEvents(TenantId(tenant), {}, 1000);
    EXPECT_THAT(events, IsOk());
    return events.value_or(std::vector<Event>());
  }

  TakeoverRevocation policy_ = TakeoverRevocation::kRevoke;
  SharedCertificates shared_{store_, base::SystemRandom(), {.delegation_zone = kZone}};
};

TEST_F(TakeoverTest, WhatTheLoserHasIsNotRevokedByDefault) {
  policy_ = StepOptions{}.takeover_revocation;
  const Domain held = Holder();
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking(
      [&] { return CertificateOf(challenger).progress.state == CertificateState::kActive; }));
  EXPECT_EQ(InUse(held).revocation, std::nullopt);
  EXPECT_THAT(EventsOf(held), Not(Contains(EventType::kRevocationRequested)));
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 0);
}

TEST_F(TakeoverTest, WhatTheLoserHasIsRevokedAndNothingOfTheWinners) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking(
      [&] { return CertificateOf(challenger).progress.state == CertificateState::kActive; }));
  ASSERT_TRUE(IsRevoked(InUse(held).id));
  EXPECT_EQ(InUse(held).revocation->reason, RevocationReason::kCessationOfOperation);
  EXPECT_EQ(CertificateOf(held).progress.state, CertificateState::kFailed);
  EXPECT_EQ(InUse(challenger).revocation, std::nullopt);
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 1);
}

TEST_F(TakeoverTest, TheLoserIsToldOfItAndNeitherOfTheOther) {
  const Domain held = Holder();
  const Domain challenger = Challenge();
  Show({challenger});
  ASSERT_TRUE(EventuallyLooking([&] { return Held()->domain == challenger.id; }));
  const Issuance lost = InUse(held);
  ASSERT_TRUE(IsRevoked(lost.id));
  std::vector<EventType> told;
  for (const Event& event : EventsOfTenant("a")) {
    EXPECT_NE(event.request_id, challenger.request_id) << event.message;
    if (event.type < EventType::kRevocationRequested) continue;
    const bool of_serial = event.type != EventType::kClaimLost;
    EXPECT_EQ(absl::StrContains(event.message, lost.serial), of_serial) << event.message;
    told.push_back(event.type);
  }
  EXPECT_THAT(told, ElementsAre(EventType::kClaimLost, EventType::kRevocationRequested,
                                EventType::kCertificateRevoked));
  for (const Event& event : EventsOfTenant("b")) {
    EXPECT_NE(event.request_id, held.request_id) << event.message;
    EXPECT_THAT(event.message, Not(HasSubstr(lost.serial)));
  }
}

// Whoever dies after it leaves both behind, or neither.
TEST_F(TakeoverTest, TheRequestIsStoredWithTheTakeover) {
  const Domain held = Holder();
  reconciler_.reset();
  const Domain challenger = Challenge();
  EXPECT_THAT(TakeOver(challenger, absl::CancelledError("")),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(Held()->domain, held.id);
  EXPECT_EQ(InUse(held).revocation, std::nullopt);
  ASSERT_THAT(TakeOver(challenger), IsOk());
  EXPECT_EQ(Held()->domain, challenger.id);
  EXPECT_TRUE(InUse(held).revocation.has_value());
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 0);
  StartReconciler();
  EXPECT_TRUE(IsRevoked(InUse(held).id));
}

TEST_F(TakeoverTest, WhatWasToBeRevokedBeforeKeepsItsReason) {
  const Domain held = Holder();
  reconciler_.reset();
  ASSERT_THAT(certificates_.Revoke(Operator("a"),
                                   {.name = "tenants/a/certificates/" + held.certificate.text(),
                                    .reason = RevocationReason::kAffiliationChanged}),
              IsOk());
  ASSERT_THAT(TakeOver(Challenge()), IsOk());
  EXPECT_EQ(InUse(held).revocation->reason, RevocationReason::kAffiliationChanged);
}

TEST_F(TakeoverTest, NamesThatAreLeftDoNotSaveACertificateWithTheOneThatIsGone) {
  StartReconciler();
  const Domain held = Add("a", kHost);
  const Domain kept = Add("a", kKept);
  ASSERT_TRUE(Reaches(held, CertificateState::kActive));
  ASSERT_TRUE(Reaches(kept, CertificateState::kActive));
  const Certificate shared = OrderShared({std::string("*.") + kHost, kKept}, /*partial=*/false);
  ASSERT_THAT(TakeOver(Challenge()), IsOk());
  EXPECT_TRUE(IsRevoked(InUse(held).id));
  EXPECT_TRUE(IsRevoked(*shared.issuance));
  EXPECT_EQ(Get(shared.id).progress.state, CertificateState::kFailed);
  EXPECT_EQ(InUse(kept).revocation, std::nullopt);
  EXPECT_EQ(ca_.Count(AcmeCall::kRevokeCertificate), 2);
}

TEST_F(TakeoverTest, APartialCertificateIsReplacedAtOnceForTheNamesThatAreLeft) {
  StartReconciler();
  ASSERT_TRUE(Reaches(Add("a", kHost), CertificateState::kActive));
  ASSERT_TRUE(Reaches(Add("a", kKept), CertificateState::kActive));
  const Certificate shared = OrderShared({kHost, kKept}, /*partial=*/true);
  ASSERT_THAT(TakeOver(Challenge()), IsOk());
  ASSERT_TRUE(Eventually([&] { return Get(shared.id).issuance != shared.issuance; }));
  EXPECT_THAT(Issued(shared.id), ElementsAre(kKept));
  EXPECT_TRUE(IsRevoked(*shared.issuance));
  EXPECT_EQ(RevocationOf(*Get(shared.id).issuance), std::nullopt);
}

// The CA had issued already when the order was given up.
TEST_F(TakeoverTest, WhatAnOrderBringsAfterTheTakeoverIsRevokedToo) {
  ca_.When(AcmeCall::kDownloadCertificate, [&] { EXPECT_THAT(TakeOver(Challenge()), IsOk()); });
  StartReconciler();
  const Domain held = Add("a", kHost);
  ASSERT_TRUE(Eventually([&] { return !IssuedFor(held.certificate).empty(); }));
  const Issuance late = IssuedFor(held.certificate).front();
  ASSERT_TRUE(late.revocation.has_value());
  EXPECT_EQ(late.revocation->reason, RevocationReason::kCessationOfOperation);
  EXPECT_TRUE(IsRevoked(late.id));
  EXPECT_EQ(CertificateOf(held).issuance, std::nullopt);
}

}  // namespace
}  // namespace cert

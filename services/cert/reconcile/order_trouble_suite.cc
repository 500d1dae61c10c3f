// Orders in progress when a CA, or the claim on a name, fails them half-way: what is waited for,
// and for how long, and what is left to another CA.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/time/clock.h"
#include "cert/reconcile/coverage.h"
#include "cert/reconcile/testing/order_survival_fixture.h"

namespace cert {
namespace {

class OrderTroubleTest : public OrderSurvivalTest {
 protected:
  void DisconnectManyTimes(AcmeCall call) {
    for (int i = 0; i < 1000; ++i) ca_.Disconnect(call);
  }
  void Hurry(const std::string& kind) {
    Execute("UPDATE padlock.work SET due_time = now() WHERE due_time > now() AND kind = '" + kind +
            "'");
    reconciler_->Wake();
  }
  std::atomic<bool> proved_ = false;
  int TriesOfOrders() {
    return std::stoi(
        Value("SELECT coalesce(max(tries), 0) FROM padlock.work WHERE kind = 'order'"));
  }
};

// Whatever else the order tried meanwhile.
TEST_F(OrderTroubleTest, AChallengeThatIsNotAnsweredYetIsAnsweredLater) {
  ca_.Disconnect(AcmeCall::kAnswerChallenge);
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("VALIDATING"));
  StartWith({"second"});  // does not know the CA
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return TriesOfOrders() >= 2;
  }));
  StartWith({"fake"});
  ASSERT_TRUE(EventuallyActive(domain));
}

TEST_F(OrderTroubleTest, ACaThatTakesNoAnswersIsLeftForTheNext) {
  DisconnectManyTimes(AcmeCall::kAnswerChallenge);
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IssuedBy(domain) == "second";
  }));
  EXPECT_LE(ca_.Count(AcmeCall::kAnswerChallenge), 12);
}

// However often it was asked before.
TEST_F(OrderTroubleTest, OneFailedLookDoesNotEndAnOrderThatTheCaValidates) {
  ca_.Change([](FakeCaOptions& it) { it.validation_polls = 15; });
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.Count(AcmeCall::kGetOrder) >= 11;
  }));
  ca_.Disconnect(AcmeCall::kGetOrder);
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(OrderTroubleTest, ACaThatStaysSilentWhileItValidatesIsLeft) {
  ca_.Change([](FakeCaOptions& it) { it.validation_polls = FakeCaOptions::kForEver; });
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("VALIDATING"));
  DisconnectManyTimes(AcmeCall::kGetOrder);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return IssuedBy(domain) == "second";
  }));
}

// Where a twin keeps the order back at both CAs, it waits at one of them.
TEST_F(OrderTroubleTest, InTheLastDayAnOrderDoesNotGoToAndFroBetweenTwins) {
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  for (FakeAcmeClient* ca : {&ca_, &second_}) {
    ca->Change([](FakeCaOptions& it) { it.validation_polls = FakeCaOptions::kForEver; });
  }
  OrderAnother("fake");
  OrderAnother("second");
  ASSERT_TRUE(Eventually([&] { return StatesOf("order").ends_with("VALIDATING VALIDATING"); }));
  RenewInTheLastDay();
  ASSERT_TRUE(Eventually([&] {
    Hurry("order");
    return CountOf("padlock.work WHERE kind = 'order' AND state = 'INTENDED' AND tries >= 3") == 1;
  }));
  const std::vector<EventType> events = EventsOf(domain);
  EXPECT_EQ(std::ranges::count(events, EventType::kAuthorityChanged), 0);
}

class OrderLimitedBrieflyTest : public OrderTroubleTest,
                                public ::testing::WithParamInterface<AcmeCall> {};

// What is nearly issued is not thrown away for a second, in the last day least of all.
TEST_P(OrderLimitedBrieflyTest, StaysAtItsCaInTheLastDay) {
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  const std::optional<IssuanceId> before = CertificateOf(domain).issuance;
  AcmeProblem problem = Problem("rateLimited", 429, "slow down");
  problem.retry_after = absl::Seconds(1);
  ca_.Refuse(GetParam(), problem);
  RenewInTheLastDay();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).issuance != before;
  }));
  EXPECT_EQ(IssuedBy(domain), "fake");
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, OrderLimitedBrieflyTest, ::testing::ValuesIn(kCallsAfterNewOrder),
                         CallName);

// What a CA does not let us close ends by itself, and the next order does not wait for it.
TEST_F(OrderTroubleTest, AnOrderThatCannotBeClosedIsLeftToEnd) {
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  DisconnectManyTimes(AcmeCall::kDeactivateAuthorization);
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return TriesOfOrders() >= 3;
  }));
  EXPECT_EQ(StatesOf("order"), "CLOSING");
  Execute("UPDATE padlock.work SET start_time = now() - interval '11 minutes'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order") == "FAILED";
  }));
}

// Another order may live by it.
TEST_F(OrderTroubleTest, AValidAuthorizationIsNotDeactivated) {
  ca_.Change([](FakeCaOptions& it) { it.reuse_authorizations = true; });
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  for (int i = 0; i < 3; ++i) ca_.Disconnect(AcmeCall::kGetAuthorization);
  Execute("UPDATE padlock.certificates SET renew_time = now()");
  Hurry("certificate");
  ASSERT_TRUE(Eventually([&] { return StatesOf("order").ends_with("PUBLISHING"); }));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order").ends_with("FAILED");
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDeactivateAuthorization), 0);
}

// Its tokens' end says nothing of what is finalized.
TEST_F(OrderTroubleTest, AnOrderThatTheCaIssuesIsNotOverWithItsTokens) {
  ca_.Change([](FakeCaOptions& it) { it.issuance_polls = 12; });
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kFinalize) == 1; }));
  ASSERT_TRUE(Eventually([&] {  // a step in progress stores what it had read
    Execute("UPDATE padlock.orders SET expire_time = now()");
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.IssuedCertificates(), 1U);
}

TEST_F(OrderTroubleTest, WhatIsIssuedAfterItsOrderWasGivenUpIsFetchedAndRevoked) {
  ca_.Change([](FakeCaOptions& it) { it.issuance_polls = 8; });
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kFinalize) == 1; }));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.Count(AcmeCall::kRevokeCertificate) == 1;
  }));
  EXPECT_THAT(EventsOf(domain), ::testing::Contains(EventType::kRevocationRequested));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order") == "FAILED";
  }));
}

// Whatever the CA asks to wait: the next order waits for this one.
TEST_F(OrderTroubleTest, AnOrderIsClosedForTenMinutesAtMost) {
  ca_.Change([](FakeCaOptions& it) { it.issuance_polls = FakeCaOptions::kForEver; });
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kFinalize) == 1; }));
  AcmeProblem problem = Problem("rateLimited", 429, "slow down");
  problem.retry_after = absl::Hours(6);
  for (int i = 0; i < 20; ++i) ca_.Refuse(AcmeCall::kGetOrder, problem);
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(Eventually([&] {
    Hurry("order");
    return StatesOf("order") == "CLOSING" && TriesOfOrders() >= 1;
  }));
  EXPECT_EQ(
      CountOf("padlock.work WHERE kind = 'order' AND due_time > now() + interval '11 minutes'"), 0);
}

// One that the CA has accepted since may be another order's, too.
TEST_F(OrderTroubleTest, AnAuthorizationThatWasAnsweredAndAcceptedIsNotDeactivated) {
  ca_.Change([](FakeCaOptions& it) { it.issuance_polls = FakeCaOptions::kForEver; });
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kFinalize) == 1; }));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(OrdersBecome("CLOSING"));
  Execute("UPDATE padlock.work SET start_time = now() - interval '11 minutes'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order") == "FAILED";
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDeactivateAuthorization), 0);
}

// A hundred names that are proved one after the other are not a hundred orders.
TEST_F(OrderTroubleTest, NamesAreAddedInGrowingParts) {
  prober_.Answer([this](const Question& question, const std::string&) {
    return !proved_ && question.name.ends_with("late.example.com")
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  StartWith({"fake"});
  const absl::StatusOr<Certificate> made =
      shared_.Create(Operator("a"), {.parent = "tenants/a",
                                     .names = {"soon.example.com", "late.example.com"},
                                     .settings = {.authorities = {"fake"}, .partial = true}});
  ASSERT_THAT(made, IsOk());
  Execute("UPDATE padlock.certificates SET create_time = now() - interval '1 hour'");
  ASSERT_TRUE(Eventually([&] { return Get(made->id).issuance.has_value(); }));
  ASSERT_TRUE(OrdersBecome("COMPLETED"));
  proved_ = true;
  Hurry("domain");
  ASSERT_TRUE(Eventually([&] {
    return CountOf(
               "padlock.work WHERE kind = 'certificate' AND due_time BETWEEN "
               "now() + interval '1 minute' AND now() + interval '5 minutes'") == 1;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  Execute("UPDATE padlock.issuances SET create_time = create_time - interval '5 minutes'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Issued(made->id).size() == 2;
  }));
}

// As after a restored backup: the name may be another tenant's by now.
TEST_F(OrderTroubleTest, NothingIsFinalizedWithoutTheClaim) {
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  Execute("DELETE FROM padlock.claims");
  ShowTokens();
  Hurry("order");
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kClaimToProve));
  EXPECT_EQ(StatesOf("order"), "FINALIZING");
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 0);
  ASSERT_TRUE(EventuallyActive(domain));  // it is proved again
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(OrderTroubleTest, AnOrderForANameThatAnotherTenantHoldsIsGivenUp) {
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  Execute("UPDATE padlock.claims SET tenant = 'b', domain = 'other'");
  ShowTokens();
  Hurry("order");
  ASSERT_TRUE(Eventually([&] { return StatesOf("order") == "FAILED"; }));
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 0);
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kClaimHeld));
}

// Each look at a domain that is not proved may find something else.
TEST_F(OrderTroubleTest, AnotherDomainDoesNotEndThePauseAfterAFailedOrder) {
  StartWith({"fake"});
  ca_.FailValidation("bad.example.com", Problem("unauthorized", 403, "no TXT record found"));
  const absl::StatusOr<Certificate> made =
      shared_.Create(Operator("a"), {.parent = "tenants/a",
                                     .names = {"good.example.com", "bad.example.com"},
                                     .settings = {.authorities = {"fake"}}});
  ASSERT_THAT(made, IsOk());
  ASSERT_TRUE(Eventually([&] { return StatesOf("order") == "FAILED"; }));
  const absl::Time pause_end = Get(made->id).progress.due_time;
  ASSERT_THAT(store_.Write(TenantId("a"),
                           [&](Transaction& transaction) -> absl::Status {
                             absl::StatusOr<Domain> domain =
                                 transaction.GetDomain(made->domains.front());
                             if (!domain.ok()) return domain.status();
                             return WakeCertificatesSharing(transaction, *domain);
                           }),
              IsOk());
  EXPECT_EQ(Get(made->id).progress.due_time, pause_end);
  EXPECT_GT(pause_end, absl::Now());
}

TEST_F(OrderTroubleTest, AFirstCertificateThatCaaForbidsEnds) {
  looks_at_caa_ = true;
  AllowByCaa({}, observation::Outcome::kMismatch);
  StartWith({"fake"});
  const Domain domain = AddWith("a", "shop.example.com", {"fake"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaaForbids));
  Execute(
      "UPDATE padlock.work SET start_time = now() - interval '15 days' WHERE kind = 'certificate'");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kFailed;
  }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kGaveUp);
}

// What is urgent goes by the twin that ends first, whatever time the other one has.
TEST_F(OrderTroubleTest, ATwinThatCannotBeRenewedGoesToTheNextCaAndIsToldOf) {
  StartWith({"fake", "second"});
  const Domain domain = Make(Operator("a"), {.parent = "tenants/a",
                                             .hostname = "shop.example.com",
                                             .settings = {.keys = KeyChoice::kDual}});
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const Certificate certificate = CertificateOf(domain);
    return certificate.second_issuance && certificate.progress.state == CertificateState::kActive;
  }));
  const std::optional<IssuanceId> twin = CertificateOf(domain).second_issuance;
  AcmeProblem problem = Problem("rateLimited", 429, "slow down");
  problem.retry_after = absl::Hours(6);
  ca_.Refuse(AcmeCall::kNewOrder, problem);
  Execute("UPDATE padlock.issuances SET not_after = now() + interval '12 hours' WHERE id = '" +
          twin->text() + "'");
  Execute("UPDATE padlock.certificates SET second_renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).second_issuance != twin;
  }));
  EXPECT_EQ(second_.IssuedCertificates(), 1U);
  EXPECT_GT(*CertificateOf(domain).second_expire_time, absl::Now() + absl::Hours(24 * 80));
}

}  // namespace
}  // namespace cert

// What the reconciler does when its CA, prober and publisher answer well, badly, or not at all.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::observation::RecordType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ReconcileTest, ANewDomainEndsWithACertificateAndNoTokenLeft) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_TRUE(
      Eventually([&] { return publisher_.ValuesAt(domain.delegation_target).size() == 1; }));
  EXPECT_THAT(publisher_.ValuesAt(domain.delegation_target), ElementsAre(domain.canary_value));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 1);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kActive);
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(ReconcileTest, ARowIsTakenUpOnceItIsDueWithoutWaitingForAPoll) {
  const Domain domain = Add("a", "shop.example.com");
  StartReconciler(/*poll_interval=*/absl::Hours(1));
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
}

TEST_F(ReconcileTest, NoOrderIsOpenedWhileARecordIsMissing) {
  prober_.Answer([](const Question& question, const std::string&) {
    return question.type == RecordType::kCname
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kRecordMissing);
  EXPECT_EQ(Get(domain).finding->record_name, "_acme-challenge.shop.example.com");
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
}

// The schedule has run out, but with no worker to look for the last time.
TEST_F(ReconcileTest, ADomainIsNotGivenUpForTroubleOfOurs) {
  prober_.Answer([](const Question&, const std::string&) {
    View view;
    view.failure = "no worker of this perspective answers";
    return view;
  });
  const Domain domain = Add("a", "shop.example.com");
  Execute(
      "UPDATE padlock.work SET tries = 80, start_time = now() - interval '8 days' "
      "WHERE kind = 'domain'");
  StartReconciler();
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kNoWorkers);
  EXPECT_EQ(Get(domain).progress.state, DomainState::kPending);
}

TEST_F(ReconcileTest, AnAccountThatTheCaForgotIsRegisteredAgainForTheSameOrder) {
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:accountDoesNotExist",
                                   .detail = "no such account",
                                   .http_status = 400});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewAccount), 2);
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kOrderFailed)));
}

TEST_F(ReconcileTest, AFileWithoutRootsCostsNoOrder) {
  std::ofstream(issuer_roots_) << "no root yet";
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = CertificateOf(domain).finding;
    return finding && finding->code == FindingCode::kServiceTrouble;
  }));
  std::ofstream(issuer_roots_) << ca_.RootPem();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
}

TEST_F(ReconcileTest, AChainIsCheckedAgainstTheRootsAsTheyAreThen) {
  std::ofstream(issuer_roots_) << FakeAcmeClient({}, base::SystemClock()).RootPem();
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return CertificateOf(domain).failed_orders == 1; }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kIssuanceRejected);
  EXPECT_TRUE(Counts(R"(padlock_cert_orders_total{ca="fake",result="failed"} 1)"));
  EXPECT_TRUE(Counts("padlock_cert_order_setbacks_total{code=\"ISSUANCE_REJECTED\"} 1"));
  std::ofstream(issuer_roots_) << ca_.RootPem();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_TRUE(Counts(R"(padlock_cert_orders_total{ca="fake",result="issued"} 1)"));
}

TEST_F(ReconcileTest, AnOrderWhoseReplyWasLostIsAdopted) {
  ca_.LoseReply(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kNewOrder) == 1; }));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, ANewOrderThatNeverArrivedIsSentAgain) {
  ca_.Disconnect(AcmeCall::kNewOrder);
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, LostRepliesOfEveryOtherCallRepeatHarmlessly) {
  for (const AcmeCall call :
       {AcmeCall::kNewAccount, AcmeCall::kGetAuthorization, AcmeCall::kAnswerChallenge,
        AcmeCall::kGetOrder, AcmeCall::kFinalize, AcmeCall::kDownloadCertificate}) {
    ca_.LoseReply(call);
  }
  publisher_.FailNext({.status = absl::DeadlineExceededError("lost"), .change_is_made = true});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(ReconcileTest, AFailedValidationClosesTheOrderAndAnotherOneFollows) {
  ca_.FailValidation("shop.example.com", {.type = "urn:ietf:params:acme:error:unauthorized",
                                          .detail = "no TXT record found",
                                          .http_status = 403});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.failed_orders == 1 && !certificate.order;  // and it is closed
  }));
  const std::optional<Finding> finding = CertificateOf(domain).finding;
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->code, FindingCode::kCaValidationFailed);
  EXPECT_THAT(finding->sentence, ::testing::HasSubstr("no TXT record found"));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kOrderFailed));
  EXPECT_EQ(CertificateOf(domain).finding, std::nullopt);
}

TEST_F(ReconcileTest, ARefusedNameEndsTheCertificateUntilARecheck) {
  ca_.Refuse(AcmeCall::kNewOrder, {.type = "urn:ietf:params:acme:error:rejectedIdentifier",
                                   .detail = "the policy forbids this name",
                                   .http_status = 400});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kFailed));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kNameBlocked);
  ASSERT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
}

TEST_F(ReconcileTest, ATenantWithoutTheClaimGetsNoOrder) {
  const Domain held = Add("a", "shop.example.com");
  const Domain late = Add("b", "shop.example.com");  // nobody has proved it yet
  StartReconciler();
  ASSERT_TRUE(Eventually([&] {
    const bool a_active = Get(held).progress.state == DomainState::kActive;
    const bool b_active = Get(late).progress.state == DomainState::kActive;
    const Domain& loser = a_active ? late : held;
    return (a_active || b_active) && Get(loser).finding.has_value();
  }));
  const bool a_won = Get(held).progress.state == DomainState::kActive;
  const Domain loser = Get(a_won ? late : held);
  EXPECT_EQ(loser.progress.state, DomainState::kPending);
  EXPECT_EQ(loser.finding->code, FindingCode::kClaimHeld);
  EXPECT_TRUE(Reaches(a_won ? held : late, CertificateState::kActive));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  EXPECT_THAT(EventsOf(loser), Not(Contains(EventType::kOrderIntended)));
}

TEST_F(ReconcileTest, ADeletionWhileTokensSpreadClosesTheOrderAndCleansUp) {
  prober_.Answer([](const Question& question, const std::string&) {
    return testing::IsAboutTokens(question) ? testing::Disagrees(observation::Outcome::kMismatch)
                                            : testing::Agrees(question);
  });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(
      Eventually([&] { return publisher_.ValuesAt(domain.delegation_target).size() == 3; }));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return publisher_.ValuesAt(domain.delegation_target).empty() &&
           Get(domain).progress.state == DomainState::kDeleted;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDeactivateAuthorization), 2);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 0);
}

TEST_F(ReconcileTest, AnOrderIsNotFinalizedOnceItsDomainIsDeleted) {
  const Domain domain = Add("a", "shop.example.com");
  // The order has been read before this, and the CA answers that it is ready.
  ca_.When(AcmeCall::kGetOrder, [&] {
    EXPECT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  });
  StartReconciler();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return publisher_.ValuesAt(domain.delegation_target).empty() &&
           Get(domain).progress.state == DomainState::kDeleted;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kAnswerChallenge), 2);
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 0);
  EXPECT_EQ(ca_.IssuedCertificates(), 0);
}

TEST_F(ReconcileTest, ARowThatIsClaimedTooOftenIsParked) {
  const Domain domain = Add("a", "shop.example.com");
  Execute("UPDATE padlock.work SET claims = 5 WHERE kind = 'domain'");
  StartReconciler();
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_EQ(Get(domain).finding->code, FindingCode::kParked);
  EXPECT_THAT(prober_.asked(), IsEmpty());
  EXPECT_TRUE(Counts("padlock_cert_parked_total{kind=\"domain\"} 1"));
}

TEST_F(ReconcileTest, AParkedCertificateIsCounted) {
  Add("a", "shop.example.com");
  Execute("UPDATE padlock.work SET claims = 5, due_time = now() WHERE kind = 'certificate'");
  StartReconciler();
  EXPECT_TRUE(Counts("padlock_cert_parked_total{kind=\"certificate\"} 1"));
}

TEST_F(ReconcileTest, WhatFoundTheDatabaseAwayIsDueAtOnceWhenItIsBack) {
  std::atomic<bool> stopped = false;
  prober_.Answer([&](const Question& question, const std::string&) {
    if (!stopped.exchange(true)) database_->server().Stop();
    return testing::Agrees(question);
  });
  const Domain domain = Add("a", "shop.example.com");
  StartReconciler();
  ASSERT_TRUE(Eventually(
      [&] { return metrics_.Render().find("result=\"UNAVAILABLE\"") != std::string::npos; }));
  ASSERT_THAT(database_->server().Resume(), IsOk());
  const absl::Time back = base::SystemClock().TimeNow();
  EXPECT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_LT(base::SystemClock().TimeNow() - back, kLease / 2);  // not by a lease that ran out
}

TEST_F(ReconcileTest, RenewalBringsANewKeyWhileTheOldCertificateStays) {
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  const std::optional<IssuanceId> first = CertificateOf(domain).issuance;
  Execute("UPDATE padlock.certificates SET renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const Certificate now = CertificateOf(domain);
    EXPECT_TRUE(now.issuance.has_value());
    return now.issuance != first && now.progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 2);
}

}  // namespace
}  // namespace cert

// What orders in progress meet at a CA, and survive: limits on any request, an order that the CA
// gives out twice, reasons that stand in the challenge alone, a CA that hangs in the last day or is
// configured no more.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cert/reconcile/testing/order_survival_fixture.h"

namespace cert {
namespace {

using ::testing::HasSubstr;

class OrderLimitedAtTest : public OrderSurvivalTest,
                           public ::testing::WithParamInterface<AcmeCall> {};

// What is made there, issued perhaps, is not thrown away.
TEST_P(OrderLimitedAtTest, GoesOnWhenTheCaAllowsIt) {
  ca_.Refuse(GetParam(), Problem("rateLimited", 429, "slow down"));
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Orders().size(), 1U);
  EXPECT_EQ(CountOf("padlock.ca_waits"), 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, OrderLimitedAtTest, ::testing::ValuesIn(kCallsAfterNewOrder),
                         CallName);

TEST_F(OrderSurvivalTest, TwoCertificatesOfTheSameNamesAreOrderedOneAfterTheOther) {
  ca_.Change([](FakeCaOptions& it) { it.reuses_orders = true; });
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  const Certificate other = OrderAnother();
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = Get(other.id).finding;
    return finding && finding->code == FindingCode::kCaLimitReached;
  }));
  EXPECT_THAT(Get(other.id).finding->sentence, HasSubstr("for the same names is open there"));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  ShowTokens();
  ASSERT_TRUE(EventuallyActive(domain));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(other.id).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(ca_.Orders().size(), 2U);
}

// They were sent at the same moment, say.
TEST_F(OrderSurvivalTest, AnOrderGivenOutTwiceStaysWithWhoHasIt) {
  ca_.Change([](FakeCaOptions& it) { it.reuses_orders = true; });
  limits_ = {{LimitScope::kNameSet, 500, absl::Hours(168)}};  // more than are hurried
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  Execute("UPDATE padlock.orders SET new_order_sent = false");  // unknown to the other
  const Certificate other = OrderAnother();
  ASSERT_TRUE(Eventually([&] { return ca_.Count(AcmeCall::kNewOrder) == 2; }));
  ASSERT_TRUE(Eventually([&] {
    const std::optional<Finding> finding = Get(other.id).finding;
    return finding && finding->code == FindingCode::kCaLimitReached;
  }));
  EXPECT_EQ(CountOf("padlock.ca_uses"), 2);  // as the CA has counted them
  EXPECT_EQ(CountOf("padlock.work WHERE kind = 'order' AND claims > 1"), 0);
  ShowTokens();
  ASSERT_TRUE(EventuallyActive(domain));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(other.id).progress.state == CertificateState::kActive;
  }));
}

// One that we gave up and could not close.
TEST_F(OrderSurvivalTest, AnOrderOfOneThatIsOverIsTakenOver) {
  ca_.Change([](FakeCaOptions& it) { it.reuses_orders = true; });
  HideTokens();
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  Execute("UPDATE padlock.work SET state = 'FAILED', due_time = NULL WHERE kind = 'order'");
  ShowTokens();
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

TEST_F(OrderSurvivalTest, TheReasonIsFoundInTheChallenge) {
  ca_.Change([](FakeCaOptions& it) { it.orders_have_errors = false; });
  limits_ = {{LimitScope::kFailedValidations, 5, absl::Hours(1)}};
  ca_.FailValidation("shop.example.com", Problem("unauthorized", 403, "no TXT record found"));
  StartWith({"fake"});
  const Domain domain =
      Make(Operator("a"), {.parent = "tenants/a", .hostname = "shop.example.com"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaValidationFailed));
  EXPECT_THAT(CertificateOf(domain).finding->sentence, HasSubstr("no TXT record found"));
  EXPECT_EQ(CountOf("padlock.ca_uses"), 1);
}

TEST_F(OrderSurvivalTest, ACaasRefusalInValidationIsCounted) {
  limits_ = {{LimitScope::kFailedValidations, 5, absl::Hours(1)}};
  ca_.FailValidation("shop.example.com", Problem("caa", 403, "CAA forbids"));
  StartWith({"fake"});
  const Domain domain =
      Make(Operator("a"), {.parent = "tenants/a", .hostname = "shop.example.com"});
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaRefused));
  EXPECT_EQ(CountOf("padlock.ca_uses"), 1);
}

TEST_F(OrderSurvivalTest, InTheLastDayTheNextCaIssuesWhatTheFirstDoesNotFinish) {
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  ca_.Change([](FakeCaOptions& it) { it.issuance_polls = FakeCaOptions::kForEver; });
  // Again and again: a step under way would overwrite it.
  ASSERT_TRUE(Eventually([&] {
    Execute(
        "UPDATE padlock.certificates SET renew_time = now(), expire_time = now() + interval '3 "
        "days'");
    HurryAll();
    return ca_.Count(AcmeCall::kFinalize) == 2;
  }));
  Execute(
      "UPDATE padlock.work SET start_time = start_time - interval '1 hour' WHERE kind = 'order'");
  const int looks = ca_.Count(AcmeCall::kGetOrder);
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.Count(AcmeCall::kGetOrder) >= looks + 3;
  }));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);  // there is time yet
  Execute("UPDATE padlock.certificates SET expire_time = now() + interval '12 hours'");
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
}

class OrderLimitedInLastDayTest : public OrderSurvivalTest,
                                  public ::testing::WithParamInterface<AcmeCall> {};

TEST_P(OrderLimitedInLastDayTest, GoesToTheNextCa) {
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  AcmeProblem problem = Problem("rateLimited", 429, "slow down");
  problem.retry_after = absl::Hours(6);
  ca_.Refuse(GetParam(), problem);
  RenewInTheLastDay();
  ASSERT_TRUE(Eventually([&] { return IssuedBy(domain) == "second"; }));
}

INSTANTIATE_TEST_SUITE_P(Calls, OrderLimitedInLastDayTest,
                         ::testing::Values(AcmeCall::kNewOrder, AcmeCall::kGetAuthorization,
                                           AcmeCall::kAnswerChallenge, AcmeCall::kFinalize,
                                           AcmeCall::kDownloadCertificate),
                         CallName);

// Nor does one wait then for another certificate's order of the same names.
TEST_F(OrderSurvivalTest, InTheLastDayAnOrderThatATwinKeepsBackGoesToTheNextCa) {
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(EventuallyActive(domain));
  ca_.Change([](FakeCaOptions& it) { it.validation_polls = FakeCaOptions::kForEver; });
  const Certificate other = OrderAnother();
  ASSERT_TRUE(Eventually([&] { return StatesOf("order").ends_with("VALIDATING"); }));
  RenewInTheLastDay();
  ASSERT_TRUE(Eventually([&] { return IssuedBy(domain) == "second"; }));
  EXPECT_EQ(CountOf("padlock.ca_waits"), 0);
  EXPECT_EQ(Get(other.id).progress.state, CertificateState::kOrdering);
}

TEST_F(OrderSurvivalTest, WhatWasSentToACaThatIsConfiguredNoMoreGoesToAnother) {
  HideTokens();
  StartWith({"fake", "second"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  StartWith({"second"});
  HurryAll();
  // It may be this replica alone that does not know the CA yet.
  ASSERT_TRUE(EventuallyFinds(domain, FindingCode::kCaUnavailable));
  EXPECT_EQ(second_.Count(AcmeCall::kNewOrder), 0);
  Execute("UPDATE padlock.orders SET intent_time = intent_time - interval '2 hours'");
  ShowTokens();
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(IssuedBy(domain), "second");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const std::set<std::string> values = publisher_.ValuesAt(domain.delegation_target);
    return values.size() == 1;  // the canary: the old order's tokens are gone as well
  }));
}

// The limit is that of the order's names, which are not all of the certificate's.
TEST_F(OrderSurvivalTest, APartOfTheNamesWaitsForItsOwnLimit) {
  limits_ = {{LimitScope::kNameSet, 1, absl::Hours(24)}};
  prober_.Answer([](const Question& question, const std::string&) {
    return question.name.ends_with("late.example.com")
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  StartWith({"fake"});
  const absl::StatusOr<Certificate> made =
      shared_.Create(Operator("a"), {.parent = "tenants/a",
                                     .names = {"soon.example.com", "late.example.com"},
                                     .settings = {.authorities = {"fake"}, .partial = true}});
  ASSERT_THAT(made, IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made->id).issuance.has_value();
  }));
  ASSERT_TRUE(OrdersBecome("COMPLETED"));
  Execute("UPDATE padlock.certificates SET renew_time = now()");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    const std::optional<Finding> finding = Get(made->id).finding;
    return finding && finding->code == FindingCode::kCaLimitReached;
  }));
  EXPECT_TRUE(Eventually([&] {
    return CountOf("padlock.work WHERE kind = 'order' AND due_time > now() + interval '1 hour'") ==
           1;
  }));
}

TEST_F(OrderSurvivalTest, WhatIsIssuedForAnOrderGivenUpMeanwhileIsRevoked) {
  StartWith({"fake"});
  ca_.When(AcmeCall::kDownloadCertificate,
           [this] { Execute("UPDATE padlock.work SET state = 'CLOSING' WHERE kind = 'order'"); });
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return ca_.Count(AcmeCall::kRevokeCertificate) == 1;
  }));
  EXPECT_THAT(EventsOf(domain), ::testing::Contains(EventType::kRevocationRequested));
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order").starts_with("FAILED");
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDownloadCertificate), CountOf("padlock.issuances"));
}

TEST_F(OrderSurvivalTest, AnOrderGivenUpBeforeItsAuthorizationsWereReadIsClosed) {
  for (int i = 0; i < 5; ++i) ca_.Disconnect(AcmeCall::kGetAuthorization);
  StartWith({"fake"});
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(OrdersBecome("PUBLISHING"));
  ASSERT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return StatesOf("order") == "FAILED";
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kDeactivateAuthorization), 2);
}

TEST_F(OrderSurvivalTest, WhoCreatesRecordsByHandHasTheWholeRenewalWindow) {
  StartWith({"fake"});
  const Domain domain = AddByHand("hand.example.com", {});
  ASSERT_TRUE(EventuallyActive(domain));
  EXPECT_EQ(Value("SELECT draw FROM padlock.renewals"), "0");
}

// Tokens by hand expire and are replaced as long as the certificate's clock runs.
TEST_F(OrderSurvivalTest, ACertificateThatNobodyCompletesEnds) {
  HideTokens();
  StartWith({"fake"});
  const Domain domain = AddByHand("hand.example.com", {});
  ASSERT_TRUE(OrdersBecome("PROPAGATING"));
  // Again and again: a step in progress stores what it had read.
  const auto end_tokens = [this] {
    Execute(
        "UPDATE padlock.orders SET expire_time = now(), intent_time = now() - interval '7 days'");
    HurryAll();
  };
  ASSERT_TRUE(Eventually([&] {
    if (CountOf("padlock.orders") == 1) end_tokens();
    HurryAll();
    return CountOf("padlock.orders") == 2 &&
           CountOf("padlock.work WHERE state = 'PROPAGATING'") == 1;
  }));
  EXPECT_EQ(CertificateOf(domain).progress.state, CertificateState::kOrdering);
  Execute(
      "UPDATE padlock.work SET start_time = now() - interval '15 days' WHERE kind = 'certificate'");
  ASSERT_TRUE(Eventually([&] {
    end_tokens();
    return CertificateOf(domain).progress.state == CertificateState::kFailed;
  }));
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kGaveUp);
}

}  // namespace
}  // namespace cert

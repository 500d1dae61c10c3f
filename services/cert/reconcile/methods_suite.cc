// What the reconciler does for each method of validation and for certificates of several names,
// when its CA, prober and publisher answer well.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/app/shared_certificates.h"
#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::observation::RecordType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ReconcileMethodsTest : public ReconcileTest {
 protected:
  Domain AddBy(ValidationMethod method, const std::string& hostname, bool wildcard = false) {
    const absl::StatusOr<DomainDetails> made = http_domains_.Create(
        Operator("a"),
        {.parent = "tenants/a", .hostname = hostname, .wildcard = wildcard, .method = method});
    EXPECT_THAT(made, IsOk());
    return made->domain;
  }

  Certificate Order(const std::vector<std::string>& names, bool partial = false) {
    const absl::StatusOr<Certificate> made = shared_.Create(
        Operator("a"), {.parent = "tenants/a", .names = names, .settings = {.partial = partial}});
    EXPECT_THAT(made, IsOk());
    return *made;
  }

  // A prober to whom everything agrees but what is asked about this name.
  void AgreeBut(const std::string& name) {
    prober_.Answer([name](const Question& question, const std::string&) {
      return question.name.ends_with(name) ? testing::Disagrees(observation::Outcome::kNoSuchName)
                                           : testing::Agrees(question);
    });
  }

  void AgreeToAll() {
    prober_.Answer(
        [](const Question& question, const std::string&) { return testing::Agrees(question); });
  }

  Domains http_domains_{
      store_, base::SystemRandom(), {.delegation_zone = kZone, .answers_http = true}};
  SharedCertificates shared_{store_, base::SystemRandom(), {.delegation_zone = kZone}};
};

TEST_F(ReconcileMethodsTest, NothingIsPublishedForACustomerWhoHandlesTheTokens) {
  AgreeBut("_acme-challenge.shop.example.com");
  StartReconciler();
  const Domain domain = AddBy(ValidationMethod::kTxt, "shop.example.com", /*wildcard=*/true);
  ASSERT_TRUE(Eventually([&] {
    const auto got = http_domains_.Get(Operator("a"), "tenants/a/domains/" + domain.id.text());
    return got.ok() && !got->tokens.empty() && got->tokens.front().decision.has_value() &&
           std::ranges::count(EventsOf(domain), EventType::kTokensChanged) > 0;
  }));
  const auto waiting = http_domains_.Get(Operator("a"), "tenants/a/domains/" + domain.id.text());
  ASSERT_THAT(waiting, IsOk());
  EXPECT_THAT(waiting->tokens, SizeIs(2));
  EXPECT_THAT(publisher_.ValuesAt(domain.delegation_target), IsEmpty());
  EXPECT_EQ(ca_.Count(AcmeCall::kAnswerChallenge), 0);
  AgreeToAll();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_THAT(EventsOf(domain), Not(Contains(EventType::kRecordsWithdrawn)));
}

// Or the claim's record alone would prove a delegation, and take a name over without notice.
TEST_F(ReconcileMethodsTest, WhatWasAskedForOneMethodProvesNoOther) {
  absl::Status changed;
  base::Mutex once;
  bool done = false;
  std::string name;
  prober_.Answer([&](const Question& question, const std::string&) {
    const base::MutexLock lock(once);
    if (!done && !name.empty() && question.type == RecordType::kTxt) {
      done = true;
      changed =
          http_domains_.ChangeMethod(Operator("a"), name, ValidationMethod::kDelegation).status();
    }
    return question.type == RecordType::kCname
               ? testing::Disagrees(observation::Outcome::kNoSuchName)
               : testing::Agrees(question);
  });
  const Domain domain = AddBy(ValidationMethod::kTxt, "shop.example.com");
  {
    const base::MutexLock lock(once);
    name = "tenants/a/domains/" + domain.id.text();
  }
  StartReconciler();
  ASSERT_TRUE(Eventually([&] { return Get(domain).finding.has_value(); }));
  EXPECT_THAT(changed, IsOk());
  EXPECT_EQ(Get(domain).finding->record_type, "CNAME");
  EXPECT_EQ(Get(domain).progress.state, DomainState::kPending);
  EXPECT_EQ(Get(domain).prove_time, std::nullopt);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
}

TEST_F(ReconcileMethodsTest, AHostnameIsInAHundredCertificatesAtMost) {
  for (int i = 0; i < 100; ++i) Order({"shop.example.com"});
  const auto refused =
      shared_.Create(Operator("a"), {.parent = "tenants/a", .names = {"shop.example.com"}});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(refused.status().message()),
              ::testing::HasSubstr("shop.example.com is in 100 certificates already"));
}

TEST_F(ReconcileMethodsTest, AnHttpTokenIsAnsweredUntilTheCaHasSeenIt) {
  PostgresHttpTokenStore tokens(pool_);
  std::string key_authorization;
  base::Mutex asked;
  prober_.Answer([&](const Question& question, const std::string&) {
    if (question.type == RecordType::kHttp) {
      const base::MutexLock lock(asked);
      key_authorization = question.expected_values.front();
    }
    return question.type == RecordType::kHttp ? testing::Disagrees(observation::Outcome::kNoData)
                                              : testing::Agrees(question);
  });
  StartReconciler();
  const Domain domain = AddBy(ValidationMethod::kHttp, "shop.example.com");
  const auto asked_for = [&] {
    const base::MutexLock lock(asked);
    return key_authorization;
  };
  ASSERT_TRUE(Eventually([&] { return !asked_for().empty(); }));
  const std::string token = asked_for().substr(0, asked_for().find('.'));
  EXPECT_THAT(tokens.FindKeyAuthorization(token, "shop.example.com"),
              IsOkAndHolds(::testing::Optional(asked_for())));
  EXPECT_EQ(ca_.Count(AcmeCall::kAnswerChallenge), 0);
  AgreeToAll();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_THAT(tokens.FindKeyAuthorization(token, "shop.example.com"), IsOkAndHolds(std::nullopt));
}

TEST_F(ReconcileMethodsTest, AFailedValidationOverHttpSpeaksOfTheWebServer) {
  ca_.FailValidation("shop.example.com", {.type = "urn:ietf:params:acme:error:connection",
                                          .detail = "connection refused",
                                          .http_status = 400});
  AgreeToAll();
  StartReconciler();
  const Domain domain = AddBy(ValidationMethod::kHttp, "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.failed_orders == 1 && !certificate.order;  // and it is closed
  }));
  EXPECT_THAT(CertificateOf(domain).finding->sentence,
              HasSubstr("did not get the token over HTTP: \"connection refused\"; it comes to "
                        "port 80"));
}

TEST_F(ReconcileMethodsTest, SeveralNamesWaitForTheOneThatIsNotProved) {
  AgreeBut("_padlock.late.example.com");
  StartReconciler();
  const Certificate made = Order({"*.shop.example.com", "shop.example.com", "late.example.com"});
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = Get(made.id);
    return certificate.finding && certificate.finding->record_name == "_padlock.late.example.com";
  }));
  EXPECT_EQ(Get(made.id).finding->code, FindingCode::kNameNotProved);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
  AgreeToAll();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Get(made.id).progress.state == CertificateState::kActive;
  }));
  EXPECT_THAT(Issued(made.id),
              UnorderedElementsAre("*.shop.example.com", "shop.example.com", "late.example.com"));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 1);
  // Each token stood at its own domain's target, and is gone; the canaries stay.
  ASSERT_TRUE(Eventually([&] { return !Get(made.id).order.has_value(); }));
  for (const DomainId& id : made.domains) {
    const Domain domain = Read(TenantId("a"), [&](Transaction& it) { return it.GetDomain(id); });
    EXPECT_THAT(publisher_.ValuesAt(domain.delegation_target), ElementsAre(domain.canary_value));
  }
}

TEST_F(ReconcileMethodsTest, APartialCertificateIsIssuedAgainWhenAnotherNameIsProved) {
  AgreeBut("_padlock.late.example.com");
  StartReconciler();
  const Certificate made = Order({"shop.example.com", "late.example.com"}, /*partial=*/true);
  ASSERT_TRUE(Eventually([&] { return Issued(made.id).size() == 1; }));
  EXPECT_THAT(Issued(made.id), ElementsAre("shop.example.com"));
  ASSERT_TRUE(Eventually([&] { return Get(made.id).finding.has_value(); }));
  EXPECT_EQ(Get(made.id).finding->code, FindingCode::kNameNotProved);
  AgreeToAll();
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return Issued(made.id).size() == 2;
  }));
  EXPECT_TRUE(Eventually([&] { return !Get(made.id).finding.has_value(); }));
}

TEST_F(ReconcileMethodsTest, AChangedMethodReplacesTheOrderThatIsOnItsWay) {
  AgreeBut("_acme-challenge.shop.example.com");
  StartReconciler();
  const Domain domain = AddBy(ValidationMethod::kTxt, "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    const std::vector<EventType> events = EventsOf(domain);
    return std::ranges::count(events, EventType::kTokensChanged) == 1;
  }));
  const OrderId first = *CertificateOf(domain).order;
  ASSERT_THAT(http_domains_.ChangeMethod(Operator("a"), "tenants/a/domains/" + domain.id.text(),
                                         ValidationMethod::kHttp),
              IsOk());
  ASSERT_TRUE(Eventually([&] {
    HurryAll();
    return CertificateOf(domain).progress.state == CertificateState::kActive;
  }));
  EXPECT_EQ(Read(TenantId("a"), [&](Transaction& it) { return it.GetOrder(first); }).progress.state,
            OrderState::kFailed);
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 2);
}

}  // namespace
}  // namespace cert

// What an order passes without being stored, and what is lost and kept when its holder ends there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class PassageTest : public ReconcileTest {
 protected:
  // Whoever works at the order stores nothing more, as if it had died; the row is free.
  void TakeTheOrderAway() {
    Execute(
        "UPDATE padlock.work SET lease_expire_time = now() - interval '1 second', due_time = now() "
        "WHERE kind = 'order'");
  }

  // Of all orders there are.
  std::string OrderStates() {
    pqxx::connection connection(database_->ConnectionString("postgres"));
    return pqxx::nontransaction(connection)
        .exec1(
            "SELECT coalesce(string_agg(state, ' '), '') FROM padlock.work WHERE kind = 'order'")[0]
        .as<std::string>();
  }
};

TEST_F(PassageTest, AnOrderThatDiedAfterItsAnswersGoesOnAndLeavesNoToken) {
  std::string stored;
  ca_.When(AcmeCall::kGetOrder, [&] {  // the authorizations are valid
    stored = OrderStates();
    TakeTheOrderAway();
  });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(stored, "PUBLISHING");
  EXPECT_TRUE(
      Eventually([&] { return publisher_.ValuesAt(domain.delegation_target).size() == 1; }));
  EXPECT_EQ(ca_.Orders().size(), 1U);
  EXPECT_EQ(ca_.Count(AcmeCall::kAnswerChallenge), 2);  // each once
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 1);
}

TEST_F(PassageTest, AnOrderThatDiedBeforeItWasToldOfAFailedValidationSaysWhatFailed) {
  ca_.FailValidation("shop.example.com", {.type = "urn:ietf:params:acme:error:unauthorized",
                                          .detail = "no TXT record found",
                                          .http_status = 403});
  ca_.When(AcmeCall::kGetOrder, [&] { TakeTheOrderAway(); });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Eventually([&] {
    const Certificate certificate = CertificateOf(domain);
    return certificate.failed_orders == 1 && !certificate.order;
  }));
  ASSERT_TRUE(CertificateOf(domain).finding.has_value());
  EXPECT_EQ(CertificateOf(domain).finding->code, FindingCode::kCaValidationFailed);
  EXPECT_THAT(publisher_.ValuesAt(domain.delegation_target), ElementsAre(domain.canary_value));
}

// It is stored as PUBLISHING meanwhile.
TEST_F(PassageTest, ARecheckDuringTheLookIsFollowedByAnother) {
  std::atomic<int> looks = 0;
  Domain domain;
  prober_.Answer([&](const Question& question, const std::string&) {
    if (!testing::IsAboutTokens(question) || looks++ > 0) return testing::Agrees(question);
    EXPECT_THAT(domains_.Recheck(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
    return testing::Disagrees(observation::Outcome::kMismatch);
  });
  domain = Add("a", "shop.example.com");
  StartReconciler();
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(looks, 2);
}

TEST_F(PassageTest, AnOrderWhoseDomainIsDeletedMeanwhileIsNotSent) {
  const Domain domain = Add("a", "shop.example.com");
  ca_.When(AcmeCall::kNewAccount, [&] {  // which comes before newOrder
    EXPECT_THAT(domains_.Delete(Operator("a"), "tenants/a/domains/" + domain.id.text()), IsOk());
  });
  StartReconciler();
  EXPECT_TRUE(Eventually([&] {
    HurryAll();
    return Get(domain).progress.state == DomainState::kDeleted && OrderStates() == "FAILED";
  }));
  EXPECT_EQ(ca_.Count(AcmeCall::kNewOrder), 0);
}

// As by a CA that gave the authorization to another order, too, which has answered meanwhile.
TEST_F(PassageTest, ARefusedAnswerIsJudgedByTheAuthorization) {
  ca_.Refuse(AcmeCall::kAnswerChallenge, {.type = "urn:ietf:params:acme:error:malformed",
                                          .detail = "the authorization is not pending",
                                          .http_status = 400});
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_EQ(ca_.Orders().size(), 1U);
}

// The CA issues for longer than the order is waited for under its lease.
TEST_F(PassageTest, AnOrderThatTheCaWorksOnForLongIsStoredMeanwhile) {
  ca_.Change([](FakeCaOptions& options) { options.issuance_polls = 6; });
  StartReconciler();
  const Domain domain = Add("a", "shop.example.com");
  ASSERT_TRUE(Reaches(domain, CertificateState::kActive));
  EXPECT_TRUE(Eventually([&] { return OrderStates() == "COMPLETED"; }));
  EXPECT_EQ(ca_.Count(AcmeCall::kFinalize), 1);
  EXPECT_THAT(EventsOf(domain), Contains(EventType::kOrderFinalized).Times(1));
}

}  // namespace
}  // namespace cert

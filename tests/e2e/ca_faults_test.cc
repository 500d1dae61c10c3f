// A CA at its worst: it refuses nonces, dawdles, reuses authorizations, loses replies, goes away,
// and comes back without its memory. Each certificate is issued all the same, with no more orders
// than it takes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/halt.h"
#include "e2e/invariants.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::AcmeCall;
using ::lab::Moment;

class CaFaultsTest : public LabTest {
 protected:
  static void StartWith(lab::Lab::Options options) {
    options.nonce_reject_percent = 50;
    options.cert_config = "lease_duration { seconds: 5 }\n";
    StartLab(std::move(options));
  }

  // Issued, served, and nothing is left over.
  void ExpectServed(const pb::Domain& domain) {
    EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_TRUE(Becomes(OpenOrders(domain), "0"));
    EXPECT_THAT(CheckServed(acme(), domain), IsOk());
  }

  // The domain's certificate is due for renewal now.
  static void Renew(const pb::Domain& domain) {
    const std::string id = domain.certificate().substr(domain.certificate().rfind('/') + 1);
    EXPECT_THAT(
        lab().postgres().Execute(
            "padlock", absl::StrFormat("UPDATE padlock.certificates SET renew_time = now() - "
                                       "interval '1 minute' WHERE id = '%s';"
                                       "UPDATE padlock.work SET due_time = now() WHERE id = '%s'",
                                       id, id)),
        IsOk());
  }

  // After Kill(): without accounts and orders, and with another root.
  static void ComeBackWithoutMemory() {
    EXPECT_THAT(lab().pebble().Resume(), IsOk());
    EXPECT_THAT(lab().WriteIssuerRoots(), IsOk());
  }

  static std::string OpenOrders(const pb::Domain& domain) {
    return absl::StrFormat(
        "SELECT count(*) FROM padlock.orders AS o JOIN padlock.work AS w ON w.id = o.id "
        "WHERE o.certificate = '%s' AND w.state NOT IN ('COMPLETED', 'FAILED')",
        domain.certificate().substr(domain.certificate().rfind('/') + 1));
  }
  static std::string Issuances(const pb::Domain& domain) {
    return absl::StrFormat("SELECT count(*) FROM padlock.issuances WHERE certificate = '%s'",
                           domain.certificate().substr(domain.certificate().rfind('/') + 1));
  }
};

class ForgetfulCaTest : public CaFaultsTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 100;
    StartWith(std::move(options));
  }
};

TEST_F(ForgetfulCaTest, ReusedAuthorizationsNeedNoTokens) {
  const pb::Domain domain = Add("shop.test");
  ExpectServed(domain);
  const int answers = lab().acme().Accepted(AcmeCall::kAnswer);
  Renew(domain);
  EXPECT_TRUE(Becomes(Issuances(domain), "2"));
  EXPECT_EQ(lab().acme().Accepted(AcmeCall::kAnswer), answers);
  ExpectServed(domain);
}

TEST_F(ForgetfulCaTest, ARenewalWaitsWhileItIsAwayAndRegistersAgainWhereItForgotUs) {
  const pb::Domain domain = Add("bakery.test");
  ExpectServed(domain);
  lab().pebble().Kill();
  Renew(domain);
  EXPECT_TRUE(IsStoppedBy(domain, "CA_UNAVAILABLE"));  // the proxy answers 502 meanwhile
  ComeBackWithoutMemory();
  EXPECT_TRUE(Becomes(Issuances(domain), "2"));
  EXPECT_EQ(Select("count(*)", "orders", domain), "2");  // neither cost an order
  ExpectServed(domain);
}

TEST_F(ForgetfulCaTest, AnOrderThatIsUnknownIsClosedAndAnotherOneFollows) {
  Halt halt(lab().acme(), {.call = AcmeCall::kAnswer, .moment = Moment::kBeforeDelivery});
  const pb::Domain domain = Add("garden.test");
  ASSERT_THAT(halt.Await(), IsOk());
  lab().pebble().Kill();
  ComeBackWithoutMemory();
  halt.LetGo();
  const auto events = acme().Await(domain, pb::Event::TYPE_ORDER_FAILED);
  ASSERT_THAT(events, IsOk());
  EXPECT_THAT(events->back().message(), ::testing::HasSubstr("The CA pebble"));
  EXPECT_TRUE(Becomes(OpenOrders(domain), "0"));
  EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());  // instead of the pause
  ExpectServed(domain);
  EXPECT_EQ(Select("count(*)", "orders", domain), "2");
}

TEST_F(ForgetfulCaTest, AReplyThatNeverComesHoldsTheOrderUpForALeaseAtMost) {
  Halt halt(lab().acme(), {.call = AcmeCall::kFinalize, .moment = Moment::kBeforeReply});
  const int finalized = lab().acme().Accepted(AcmeCall::kFinalize);
  const pb::Domain domain = Add("library.test");
  ASSERT_THAT(halt.Await(), IsOk());
  ExpectServed(domain);
  EXPECT_EQ(lab().acme().Accepted(AcmeCall::kFinalize), finalized + 1);
}

TEST_F(ForgetfulCaTest, ClosedConnectionsAreOpenedAgain) {
  auto exchanges = std::make_shared<std::atomic<int>>(0);
  lab().acme().SetHook([exchanges](Moment, const lab::AcmeExchange& exchange) {
    const bool spared = exchange.call == AcmeCall::kNewOrder;  // whose lost reply takes 10 s
    return !spared && ++*exchanges % 5 == 0 ? lab::Action::kDrop : lab::Action::kPass;
  });
  const pb::Domain domain = Add("cinema.test");
  ExpectServed(domain);
  lab().acme().SetHook({});
  EXPECT_EQ(Select("count(*)", "orders", domain), "1");
  EXPECT_GT(*exchanges, 10);
}

class SlowCaTest : public CaFaultsTest {
 protected:
  static void SetUpTestSuite() {
    StartWith({.pebble_sleeps = true, .authorization_reuse_percent = 0});
  }
};

TEST_F(SlowCaTest, EachOrderHasAuthorizationsOfItsOwnAndWaitsForThem) {
  const std::vector<pb::Domain> domains = {Add("shop.test"), Add("bakery.test")};
  for (const pb::Domain& domain : domains) ExpectServed(domain);
  EXPECT_EQ(lab().acme().Accepted(AcmeCall::kNewOrder), 2);
  EXPECT_THAT(CheckLedger(lab()), IsOk());
}

}  // namespace
}  // namespace e2e

// A hostname that changes hands: its zone's owner moves from one tenant of the platform to another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kCessationOfOperation[] = "5";  // RFC 5280 5.3.1

class ClaimsTest : public LabTest {
 protected:
  // The CA re-uses every valid authorization, which is of the one account.
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 100;
    options.cert_config = "takeover_revocation: TAKEOVER_REVOCATION_REVOKE\n";
    StartLab(std::move(options));
  }
};

TEST_F(ClaimsTest, TheNameGoesOverWithTheRecordsAndTheOldCertificateStaysWhereItIsButIsRevoked) {
  const auto held = acme().AddWithRecords("shop.test");
  ASSERT_THAT(held, IsOk());
  ASSERT_THAT(acme().Await(*held, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  const auto rival = Tenant::Connect(lab(), "rival");
  ASSERT_THAT(rival, IsOk());
  cli::Client& api = (*rival)->api();
  EXPECT_THAT(api.CreateDomain({.hostname = "shop.test"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto taking = api.CreateDomain({.hostname = "shop.test", .challenge = true});
  ASSERT_THAT(taking, IsOk());
  ASSERT_THAT((*rival)->AwaitFinding(*taking, pb::Finding::CODE_RECORD_WRONG), IsOk());
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), 1);

  lab::Customer customer = lab().customer("shop.test");
  ASSERT_THAT(customer.Clear("_acme-challenge.shop.test"), IsOk());
  ASSERT_THAT((*rival)->CreateRecords(*taking), IsOk());
  ASSERT_THAT(api.RecheckDomain(taking->name()), IsOk());
  ASSERT_THAT((*rival)->Await(*taking, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  ASSERT_THAT(acme().Await(*held, pb::Event::TYPE_CLAIM_LOST), IsOk());

  const auto lost = acme().api().GetDomain(held->name());
  ASSERT_THAT(lost, IsOk());
  EXPECT_EQ(lost->state(), pb::Domain::STATE_FAILED);
  EXPECT_THAT(lost->finding().sentence(), HasSubstr("nothing is renewed here"));
  const auto old = acme().api().FetchIssuance(held->certificate(), /*with_key=*/true);
  const auto made = api.FetchIssuance(taking->certificate(), /*with_key=*/true);
  ASSERT_THAT(old, IsOk());
  ASSERT_THAT(made, IsOk());
  EXPECT_NE(old->private_key_pem(), made->private_key_pem());
  EXPECT_THAT(api.FetchIssuance(held->certificate(), /*with_key=*/true),
              StatusIs(absl::StatusCode::kNotFound));

  ASSERT_THAT(acme().Await(*held, pb::Event::TYPE_CERTIFICATE_REVOKED), IsOk());
  EXPECT_EQ(Select("revocation_reason", "issuances", *held), kCessationOfOperation);
  EXPECT_THAT(lab().pebble().CertificateStatus(Select("serial", "issuances", *held)),
              IsOkAndHolds(HasSubstr("Revoked")));
  EXPECT_THAT(lab().pebble().CertificateStatus(Select("serial", "issuances", *taking)),
              IsOkAndHolds(HasSubstr("Valid")));
}

}  // namespace
}  // namespace e2e

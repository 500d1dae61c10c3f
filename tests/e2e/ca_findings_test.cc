// What a CA does not want of us, in its own words: names that its policy blocks, and accounts
// without an external account binding. And what it does not say a word about: an order that it
// gave up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/ca_account.h"
#include "e2e/fixture.h"
#include "e2e/resource_id.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class BlockedNameTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.blocked_names = {"harbor.test", "library.test"};
    StartLab(std::move(options));
  }
};

TEST_F(BlockedNameTest, ANameThatTheCaBlocksEndsItsCertificateAlone) {
  const pb::Domain blocked = Add("harbor.test");
  EXPECT_TRUE(IsStoppedBy(blocked, "NAME_BLOCKED"));
  EXPECT_THAT(acme().Padlock({"diagnose", "harbor.test"}),
              IsOkAndHolds(HasSubstr("issues no certificates")));
  EXPECT_THAT(acme().Await(Add("shop.test"), pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
}

// The other name has its certificate, and no other one when the refusal is repeated.
TEST_F(BlockedNameTest, APartialCertificateIsIssuedWithoutTheNameThatTheCaBlocks) {
  ASSERT_THAT(acme().Padlock({"order", "cinema.test", "library.test", "--partial"}), IsOk());
  const auto certificates = acme().api().ListCertificates(pb::Certificate::STATE_AWAITING_DOMAIN);
  ASSERT_THAT(certificates, IsOkAndHolds(SizeIs(1)));
  const std::string id = IdOf(certificates->front().name());
  for (const std::string host : {"library.test", "cinema.test"}) {
    const auto name = acme().api().FindDomain(host);
    ASSERT_THAT(name, IsOk());
    const auto domain = acme().api().GetDomain(*name);
    ASSERT_THAT(domain, IsOk());
    ASSERT_THAT(acme().CreateRecords(*domain), IsOk());
    ASSERT_THAT(acme().api().RecheckDomain(*name), IsOk());
  }
  const std::string from = " FROM padlock.certificates WHERE id = '" + id + "'";
  const std::string issuances =
      "SELECT string_agg(names::text, ' ') FROM padlock.issuances WHERE certificate = '" + id + "'";
  ASSERT_TRUE(Becomes(issuances, R"(["cinema.test"])"));
  ASSERT_TRUE(Becomes("SELECT finding->>'code'" + from, "NAMES_SET_ASIDE"));
  EXPECT_THAT(acme().Padlock({"show", id}),
              IsOkAndHolds(AllOf(HasSubstr("library.test (tried again at"),
                                 HasSubstr("issues no certificates for library.test"))));
  const auto library = acme().api().FindDomain("library.test");
  ASSERT_THAT(library, IsOk());
  ASSERT_THAT(acme().api().RecheckDomain(*library), IsOk());
  EXPECT_TRUE(Becomes("SELECT set_aside->0->>'times'" + from, "2"));
  EXPECT_TRUE(Becomes("SELECT state FROM padlock.work WHERE id = '" + id + "'", "ACTIVE"));
  EXPECT_EQ(Query(issuances), R"(["cinema.test"])");
}

class ExternalAccountTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.external_accounts = {
        {"key-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}};
    StartLab(std::move(options));
  }
};

TEST_F(ExternalAccountTest, ACaThatWantsABindingSaysSo) {
  const pb::Domain domain = Add("shop.test");
  EXPECT_TRUE(IsStoppedBy(domain, "CA_WANTS_EXTERNAL_ACCOUNT"));
  EXPECT_THAT(acme().Padlock({"show", "shop.test"}),
              IsOkAndHolds(HasSubstr("only with an external account binding")));
}

class InvalidOrderTest : public LabTest {
 protected:
  // Of all orders so far.
  static constexpr char kTokens[] =
      "SELECT count(*) FROM padlock.authorizations WHERE txt_value <> ''";

  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 0;  // each order has tokens of its own
    StartLab(std::move(options));
  }

  void CreateRecords(const pb::Domain& domain) {
    const auto now = acme().api().GetDomain(domain.name());
    ASSERT_THAT(now, IsOk());
    ASSERT_THAT(acme().CreateRecords(*now), IsOk());
    ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  }

  // Of the first order; a later one has taken its place in the certificate already.
  static std::string First(const std::string& column, const pb::Domain& domain) {
    return absl::StrFormat(
        "SELECT %s FROM padlock.orders WHERE certificate = '%s' ORDER BY intent_time LIMIT 1",
        column, IdOf(domain.certificate()));
  }
};

// While the order waits for the customer, whose token is still missing, nothing of ours asks the CA
// for it: what becomes of it there is found out when the token has come.
TEST_F(InvalidOrderTest, AnOrderThatTheCaGaveUpWithoutAWordIsFollowedByAnotherOne) {
  const auto domain = acme().api().CreateDomain({.hostname = "shop.test", .method = "txt"});
  ASSERT_THAT(domain, IsOk());
  CreateRecords(*domain);
  ASSERT_TRUE(Becomes(kTokens, "1"));
  ASSERT_THAT(DeactivateAtCa(lab(), Query("SELECT url FROM padlock.authorizations")), IsOk());
  CreateRecords(*domain);
  EXPECT_TRUE(Becomes(First("finding->>'code'", *domain), "ORDER_INVALID"));
  EXPECT_EQ(Query(First("finding->>'sentence'", *domain)),
            "The CA pebble made the order invalid for shop.test without saying why; a new order "
            "follows by itself.");
  EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kAnswer), 0);
  // By itself, after a pause; a recheck comes before that.
  ASSERT_THAT(acme().api().RecheckDomain(domain->name()), IsOk());
  ASSERT_TRUE(Becomes(kTokens, "2"));
  CreateRecords(*domain);
  EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
  EXPECT_EQ(Select("count(*)", "orders", *domain), "2");
}

}  // namespace
}  // namespace e2e

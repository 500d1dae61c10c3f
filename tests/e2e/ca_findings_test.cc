// What a CA does not want of us, in its own words: names that its policy blocks, and accounts
// without an external account binding.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
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

}  // namespace
}  // namespace e2e

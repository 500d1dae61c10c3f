// What a CA does not want of us, in its own words: names that its policy blocks, and accounts
// without an external account binding.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::testing::HasSubstr;

class BlockedNameTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.blocked_names = {"harbor.test"};
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

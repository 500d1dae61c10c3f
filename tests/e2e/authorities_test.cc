// Two CAs: the second issues what the first cannot, or may not by the CAA records of the name, and
// the first never hears of an order that it may not fulfil.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/invariants.h"
#include "e2e/resource_id.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

class AuthoritiesTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.second_ca = true;
    StartLab(std::move(options));
  }

  static int OrdersAtFirst() { return lab().acme().Accepted(lab::AcmeCall::kNewOrder); }

  static void AddCaa(const std::string& name, const std::string& property) {
    EXPECT_THAT(lab().customer(name).Add({.name = name, .type = "CAA", .value = property}), IsOk());
  }

  void ExpectIssuedBy(const pb::Domain& domain, const std::string& ca) {
    ASSERT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_EQ(Select("ca", "issuances", domain), ca);
    // Its tokens are withdrawn.
    ASSERT_TRUE(
        Becomes(absl::StrFormat("SELECT count(*) FROM padlock.orders AS o "
                                "JOIN padlock.work AS w ON w.id = o.id WHERE o.certificate = '%s' "
                                "AND w.state NOT IN ('COMPLETED', 'FAILED')",
                                IdOf(domain.certificate())),
                "0"));
    EXPECT_THAT(CheckServed(acme(), domain), IsOk());
  }
};

TEST_F(AuthoritiesTest, TheFirstIsAskedWhileItMayBe) {
  AddCaa("shop.test", "0 issue \"pebble.test; validationmethods=dns-01\"");
  ExpectIssuedBy(Add("shop.test"), "pebble");
}

TEST_F(AuthoritiesTest, WhatCaaForbidsTheFirstGoesToTheSecondWithoutAnOrder) {
  const int before = OrdersAtFirst();
  AddCaa("bakery.test", "0 issue \"second.test\"");
  ExpectIssuedBy(Add("bakery.test"), "second");
  EXPECT_EQ(OrdersAtFirst(), before);
}

TEST_F(AuthoritiesTest, TheLineThatTheFindingOffersIsEnough) {
  AddCaa("garden.test", "0 issue \";\"");
  const pb::Domain domain = Add("garden.test");
  ASSERT_TRUE(IsStoppedBy(domain, "CAA_FORBIDS"));
  const std::string finding = Select("finding->>'sentence'", "orders", domain);
  EXPECT_THAT(finding, HasSubstr("The CAA records at garden.test do not let the CA"));
  AddCaa("garden.test", "0 issue \"second.test\"");
  ASSERT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
  ExpectIssuedBy(domain, "second");
}

TEST_F(AuthoritiesTest, WhenTheFirstIsDownTheSecondIssues) {
  lab().pebble().Kill();
  // Without a nonce from before nothing is sent. A newOrder whose reply is lost would be waited for
  // longer, since the CA may have made the order.
  lab().KillCerts();
  ASSERT_THAT(lab().ResumeCerts(), IsOk());
  ExpectIssuedBy(Add("museum.test"), "second");
  EXPECT_THAT(lab().pebble().Resume(), IsOk());
  EXPECT_THAT(lab().WriteIssuerRoots(), IsOk());
}

}  // namespace
}  // namespace e2e

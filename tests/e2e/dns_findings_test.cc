// What went wrong between a customer and the DNS host: copies that differ, values and names that
// were changed on their way into the zone, wildcards, a server that is wrong over IPv6 alone. As
// `padlock show` tells it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/findings_fixture.h"
#include "lab/knot.h"
#include "lab/loopback_ipv6.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::Nameservers;
using ::lab::Record;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class DnsFindingsTest : public FindingsFixture {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.asks_ipv6 = true;
    StartLab(std::move(options));
  }
};

TEST_F(DnsFindingsTest, ANameserverWithAnOlderCopyOfTheZone) {
  const pb::Domain domain = AddWith("garden.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  ASSERT_THAT(customer().Add(claim, Nameservers::kFirst), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_NAMESERVER_STALE);
  EXPECT_THAT(shown, HasSubstr("The nameserver ns2.garden.test serves an older version of the zone "
                               "than the others"));
  EXPECT_THAT(shown, AllOf(Not(Names(FirstServer())), Names(SecondServer())));
  ASSERT_THAT(customer().Add(claim, Nameservers::kSecond), IsOk());
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, NameserversThatShowDifferentViewsOfTheZone) {
  const pb::Domain domain = AddWith("bakery.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  ASSERT_THAT(customer().Add(claim, Nameservers::kFirst), IsOk());
  // As many changes there, so that both say that they have the same version.
  ASSERT_THAT(customer().Add({.name = "inside.bakery.test", .type = "TXT", .value = "of the house"},
                             Nameservers::kSecond),
              IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_SPLIT_VIEW);
  EXPECT_THAT(shown, HasSubstr("The nameserver ns2.bakery.test serves the same version of the zone "
                               "as the others"));
  EXPECT_THAT(shown, AllOf(Not(Names(FirstServer())), Names(SecondServer())));
  ASSERT_THAT(customer().Add(claim, Nameservers::kSecond), IsOk());
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, AZoneAppendedToTheName) {
  const pb::Domain domain = AddWith("museum.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  Record appended = claim;
  appended.name = claim.name + ".museum.test";
  ASSERT_THAT(customer().Add(appended), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_ZONE_APPENDED);
  EXPECT_THAT(shown, HasSubstr("The TXT record is at _padlock.museum.test.museum.test instead of "
                               "_padlock.museum.test"));
  EXPECT_THAT(shown, HasSubstr("enter \"_padlock\" as its name"));
  ASSERT_THAT(customer().Add(claim), IsOk());
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, AClaimAtTheNameOfTheHostItself) {
  const pb::Domain domain = AddWith("cinema.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  Record above = claim;
  above.name = "cinema.test";
  ASSERT_THAT(customer().Add(above), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_RECORD_AT_OTHER_NAME);
  EXPECT_THAT(shown, HasSubstr("stands at cinema.test instead"));
  EXPECT_THAT(shown, HasSubstr("create the record at _padlock.cinema.test"));
  ASSERT_THAT(customer().Add(claim), IsOk());
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, AClaimAtTheNameOfTheDelegation) {
  const auto domain = acme().api().CreateDomain({.hostname = "harbor.test"});
  ASSERT_THAT(domain, IsOk());
  Record claim = WantedRecord(*domain, kClaim);
  claim.name = "_acme-challenge.harbor.test";
  ASSERT_THAT(lab().customer("harbor.test").Add(claim), IsOk());
  EXPECT_THAT(ShowWith(*domain, pb::Finding::CODE_RECORD_AT_OTHER_NAME),
              HasSubstr("stands at _acme-challenge.harbor.test instead"));
}

TEST_F(DnsFindingsTest, QuotationMarksInTheValue) {
  const pb::Domain domain = AddWith("library.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  Record quoted = claim;
  quoted.value = absl::StrFormat("\\\"%s\\\"", claim.value);
  ASSERT_THAT(customer().Add(quoted), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_VALUE_CHANGED);
  EXPECT_THAT(shown, HasSubstr("with quotation marks that have become part of it"));
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("enter it without them, as \"%s\"", claim.value)));
  ASSERT_THAT(customer().Remove(quoted), IsOk());
  ASSERT_THAT(customer().Add(claim), IsOk());
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, AWildcardThatAnswersInstead) {
  const pb::Domain domain = AddWith("shop.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  const Record wildcard{.name = "*.shop.test", .type = "TXT", .value = "v=spf1 -all"};
  ASSERT_THAT(customer().Add(wildcard), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_WILDCARD_ANSWERS);
  EXPECT_THAT(shown, HasSubstr("What _padlock.shop.test shows on"));
  EXPECT_THAT(shown, HasSubstr("comes from a wildcard record"));
  EXPECT_THAT(shown, HasSubstr("seen      v=spf1 -all"));
  ASSERT_THAT(customer().Add(claim), IsOk());  // the wildcard may stay
  ExpectIssued(domain);
}

TEST_F(DnsFindingsTest, AWildcardCnameThatAnswersInstead) {
  const pb::Domain domain = AddWith("tailor.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  const Record wildcard{.name = "*.tailor.test", .type = "CNAME", .value = "tailor.test"};
  ASSERT_THAT(customer().Add(wildcard), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_WILDCARD_ANSWERS);
  EXPECT_THAT(shown, HasSubstr("The CNAME record that _padlock.tailor.test shows, which leads to "
                               "\"tailor.test\", comes from a wildcard record"));
  EXPECT_THAT(shown, HasSubstr("where     nameservers of _padlock.tailor.test from ams"));
  EXPECT_THAT(shown, HasSubstr("as name   _padlock\n"));
  ASSERT_THAT(customer().Add(claim), IsOk());  // the wildcard may stay
  ExpectIssued(domain);
}

// What answers at its AAAA record does not know the zone.
TEST_F(DnsFindingsTest, ANameserverThatIsWrongOverIpv6Alone) {
  if (!lab::LoopbackIpv6::IsThere()) GTEST_SKIP() << "there is no IPv6 on this machine";
  const auto turn = lab::LoopbackIpv6::Claim();
  ASSERT_THAT(turn, IsOk());
  auto server =
      lab::Knot::Start(lab().stack(), {.name = "knot-ipv6", .address = lab::kLoopbackIpv6});
  ASSERT_THAT(server, IsOk());
  const Record address{.name = "ns1.florist.test", .type = "AAAA", .value = lab::kLoopbackIpv6};
  ASSERT_THAT(lab().customer("florist.test").Add(address), IsOk());
  ASSERT_THAT(lab().dns().root().Update("test", lab().dns().customer_key().name,
                                        {"add ns1.florist.test. 60 AAAA ::1"}),
              IsOk());
  const pb::Domain domain = AddWith("florist.test", kDelegation);
  ASSERT_THAT(customer().Add(WantedRecord(domain, kClaim)), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_IPV6_FAULT);
  EXPECT_THAT(shown, HasSubstr("The nameserver ns1.florist.test is right for "
                               "_padlock.florist.test over IPv4 but not over IPv6 (refused)"));
  EXPECT_THAT(shown, AllOf(Names(lab::kLoopbackIpv6), Not(Names(FirstServer()))));
  const auto zone = lab().dns().customer_first().ReadZone("florist.test");
  ASSERT_THAT(zone, IsOk());
  ASSERT_THAT((*server)->AddZone({.name = "florist.test", .text = *zone}), IsOk());
  ExpectIssued(domain);
}

}  // namespace
}  // namespace e2e

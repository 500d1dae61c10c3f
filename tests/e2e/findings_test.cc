// What a customer got wrong, as `padlock show` says it: which record, at which server, what stands
// there and what to do. Nothing is ordered meanwhile; once it is corrected, the certificate comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/findings_fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::Record;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FindingsTest : public FindingsFixture {};

TEST_F(FindingsTest, NamesTheRecordThatIsMissing) {
  const pb::Domain domain = AddWith("shop.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  const std::string shown = ShowWith(domain, pb::Finding::CODE_RECORD_MISSING);
  EXPECT_THAT(shown, HasSubstr("There is no TXT record at _padlock.shop.test"));
  EXPECT_THAT(shown, NamesBothServers());
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("create it with the value \"%s\"", claim.value)));
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("fix       _padlock.shop.test. 3600 IN TXT \"%s\"",
                                               claim.value)));
  ASSERT_THAT(customer().Add(claim), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, ShowsTheWrongValueBesideTheRightOne) {
  const pb::Domain domain = AddWith("bakery.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  Record wrong = claim;
  wrong.value = "padlock-verify=of-another-account";
  ASSERT_THAT(customer().Add(wrong), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_RECORD_WRONG);
  EXPECT_THAT(shown, HasSubstr("The TXT record at _padlock.bakery.test has another value"));
  EXPECT_THAT(shown, NamesBothServers());
  EXPECT_THAT(shown, HasSubstr("seen      " + wrong.value));
  EXPECT_THAT(shown, HasSubstr("expected  " + claim.value));
  ASSERT_THAT(customer().Add(claim), IsOk());  // the other may stay
  ExpectIssued(domain);
}

TEST_F(FindingsTest, FindsATxtWhereTheCnameBelongs) {
  const pb::Domain domain = AddWith("museum.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  ASSERT_THAT(customer().Add(
                  {.name = delegation.name, .type = "TXT", .value = "left-by-another-acme-client"}),
              IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_TXT_WHERE_CNAME_BELONGS);
  EXPECT_THAT(shown, HasSubstr("There is a TXT record at _acme-challenge.museum.test"));
  EXPECT_THAT(shown, NamesBothServers());
  EXPECT_THAT(shown, HasSubstr("seen      left-by-another-acme-client"));
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("remove it and create the CNAME record with \"%s\"",
                                               delegation.value)));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, FindsACnameThatPointsElsewhere) {
  const pb::Domain domain = AddWith("library.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  Record elsewhere = delegation;
  elsewhere.value = "parked.library.test";
  ASSERT_THAT(customer().Add(elsewhere), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_CNAME_ELSEWHERE);
  EXPECT_THAT(shown,
              HasSubstr("The CNAME record at _acme-challenge.library.test points elsewhere"));
  EXPECT_THAT(shown, NamesBothServers());
  EXPECT_THAT(shown, HasSubstr("seen      " + elsewhere.value));
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("must be \"%s\"", delegation.value)));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, FindsACnameToWhoseTargetTheZoneWasAppended) {
  const pb::Domain domain = AddWith("tailor.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  Record appended = delegation;
  appended.value = delegation.value + ".tailor.test";
  ASSERT_THAT(customer().Add(appended), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_CNAME_ELSEWHERE);
  EXPECT_THAT(shown, HasSubstr("because your DNS host appended the zone \"tailor.test\""));
  EXPECT_THAT(
      shown, HasSubstr(absl::StrFormat("end the target with a dot, as \"%s.\"", delegation.value)));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, NamesAnotherAccountOfPadlockWhereTheCnamePointsThere) {
  const pb::Domain domain = AddWith("garden.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  const auto rival = Tenant::Connect(lab(), "rival");
  ASSERT_THAT(rival, IsOk());
  const auto theirs = (*rival)->api().CreateDomain({.hostname = "garden.test"});
  ASSERT_THAT(theirs, IsOk());
  ASSERT_THAT(customer().Add(WantedRecord(*theirs, kDelegation)), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_CNAME_AT_OTHER_TENANT);
  EXPECT_THAT(shown, HasSubstr("points to the target of another account at Padlock"));
  EXPECT_THAT(shown, Not(HasSubstr("rival")));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, NamesTheProviderToWhichTheCnamePoints) {
  const pb::Domain domain = AddWith("cinema.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  Record elsewhere = delegation;
  elsewhere.value = "cinema.test.4ab2.dcv.cloudflare.com";
  ASSERT_THAT(customer().Add(elsewhere), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_CNAME_AT_OTHER_PROVIDER);
  EXPECT_THAT(shown, HasSubstr("points to Cloudflare, as seen on"));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, FindsCnamesThatLeadInACircle) {
  const pb::Domain domain = AddWith("harbor.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  Record there = delegation;
  there.value = "around.harbor.test";
  ASSERT_THAT(customer().Add(there), IsOk());
  const Record back{.name = there.value, .type = "CNAME", .value = delegation.name};
  ASSERT_THAT(customer().Add(back), IsOk());
  EXPECT_THAT(ShowWith(domain, pb::Finding::CODE_CNAME_LOOP), HasSubstr("lead in a circle"));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssued(domain);
}

TEST_F(FindingsTest, DiagnosesEverythingThatIsWrongAtOnce) {
  const auto domain = acme().api().CreateDomain({.hostname = "florist.test"});
  ASSERT_THAT(domain, IsOk());
  ASSERT_THAT(acme().AwaitFinding(*domain, pb::Finding::CODE_RECORD_MISSING), IsOk());
  const auto diagnosis = acme().api().DiagnoseDomain(domain->name());
  ASSERT_THAT(diagnosis, IsOk());
  ASSERT_EQ(diagnosis->findings_size(), 2);
  EXPECT_EQ(diagnosis->findings(0).record_name(), "_padlock.florist.test");
  EXPECT_EQ(diagnosis->findings(0).fix_relative_name(), "_padlock");
  EXPECT_EQ(diagnosis->findings(1).record_name(), "_acme-challenge.florist.test");
  EXPECT_EQ(diagnosis->findings(1).fix_relative_name(), "_acme-challenge");
  EXPECT_TRUE(diagnosis->findings(1).has_next_look_time());
  EXPECT_THAT(diagnosis->findings(1).sentence(), HasSubstr("Padlock looks again at "));
  EXPECT_GT(diagnosis->attempt(), 0);
  const auto printed = acme().Padlock({"diagnose", "florist.test"});
  ASSERT_THAT(printed, IsOk());
  EXPECT_THAT(*printed, AllOf(HasSubstr("There is no TXT record at _padlock.florist.test"),
                              HasSubstr("There is no CNAME record at _acme-challenge.florist.test"),
                              HasSubstr("\n  as name   _acme-challenge\n")));
}

}  // namespace
}  // namespace e2e

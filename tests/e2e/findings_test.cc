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
  ExpectIssuedOnlyNow(domain);
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
  ExpectIssuedOnlyNow(domain);
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
  ExpectIssuedOnlyNow(domain);
}

TEST_F(FindingsTest, FindsACnameThatPointsElsewhere) {
  const pb::Domain domain = AddWith("library.test", kClaim);
  const Record delegation = WantedRecord(domain, kDelegation);
  Record elsewhere = delegation;
  elsewhere.value = "library.test.gone.padlock-dcv.test";
  ASSERT_THAT(customer().Add(elsewhere), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_CNAME_ELSEWHERE);
  EXPECT_THAT(shown,
              HasSubstr("The CNAME record at _acme-challenge.library.test points elsewhere"));
  EXPECT_THAT(shown, NamesBothServers());
  EXPECT_THAT(shown, HasSubstr("seen      " + elsewhere.value));
  EXPECT_THAT(shown, HasSubstr(absl::StrFormat("must be \"%s\"", delegation.value)));
  ASSERT_THAT(customer().Clear(delegation.name), IsOk());
  ASSERT_THAT(customer().Add(delegation), IsOk());
  ExpectIssuedOnlyNow(domain);
}

}  // namespace
}  // namespace e2e

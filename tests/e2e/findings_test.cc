// What a customer got wrong, as `padlock show` says it: which record, at which server, what stands
// there and what to do. Nothing is ordered meanwhile; once it is corrected, the certificate comes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::lab::Nameservers;
using ::lab::Record;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kClaim = pb::RequiredRecord::PURPOSE_CLAIM;
constexpr auto kDelegation = pb::RequiredRecord::PURPOSE_DELEGATION;

class FindingsTest : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  void SetUp() override {
    LabTest::SetUp();
    orders_before_ = Orders();
    accepted_before_ = lab().acme().Accepted(lab::AcmeCall::kNewOrder);
  }

  // Adds a zone of its own as a domain; the customer has created the record of `right` only.
  pb::Domain Add(const std::string& zone, pb::RequiredRecord::Purpose right) {
    const auto domain = acme().api().CreateDomain({.hostname = zone});
    EXPECT_THAT(domain, IsOk());
    customer_ = std::make_unique<lab::Customer>(lab().customer(zone));
    EXPECT_THAT(customer_->Add(WantedRecord(*domain, right)), IsOk());
    return *domain;
  }

  // Looks again until a check finds this. Returns what `padlock show` then prints.
  std::string ShowWith(const pb::Domain& domain, pb::Finding::Code code) {
    EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
    EXPECT_THAT(acme().AwaitFinding(domain, code), IsOk());
    const auto json = acme().Padlock({"--json", "show", domain.hostname()});
    const auto text = acme().Padlock({"show", domain.hostname()});
    EXPECT_THAT(json, IsOk());
    EXPECT_THAT(text, IsOk());
    if (!json.ok() || !text.ok()) return "";
    const auto shown = nlohmann::json::parse(json->substr(0, json->find('\n')));
    EXPECT_EQ(shown["finding"]["code"], pb::Finding::Code_Name(code));
    return *text;
  }

  // Until here nothing was ordered; from here on nothing stands in the way.
  void ExpectIssuedOnlyNow(const pb::Domain& domain) {
    EXPECT_EQ(Orders(), orders_before_);
    EXPECT_THAT(acme().api().RecheckDomain(domain.name()), IsOk());
    EXPECT_THAT(acme().Await(domain, pb::Event::TYPE_CERTIFICATE_ISSUED), IsOk());
    EXPECT_EQ(lab().acme().Accepted(lab::AcmeCall::kNewOrder), accepted_before_ + 1);
    EXPECT_THAT(acme().Padlock({"show", domain.hostname()}), IsOkWithoutProblem());
  }

  lab::Customer& customer() { return *customer_; }
  static std::string FirstServer() { return lab().dns().customer_first().address(); }
  static std::string SecondServer() { return lab().dns().customer_second().address(); }
  // As a place where the problem is seen, from every perspective.
  static ::testing::Matcher<std::string> Names(const std::string& server) {
    return AllOf(ContainsRegex("\n  where +ns[12][.][a-z.]+ [(]" + server + "[)] from ams\n"),
                 ContainsRegex("\n  where +ns[12][.][a-z.]+ [(]" + server + "[)] from nyc\n"));
  }
  static ::testing::Matcher<std::string> NamesBothServers() {
    return AllOf(Names(FirstServer()), Names(SecondServer()));
  }

 private:
  static ::testing::Matcher<absl::StatusOr<std::string>> IsOkWithoutProblem() {
    return base::testing::IsOkAndHolds(Not(HasSubstr("Problem:")));
  }
  // Every newOrder that reached the CA: also those refused for their nonce.
  static std::ptrdiff_t Orders() {
    const std::vector<lab::AcmeExchange> history = lab().acme().History();
    return std::ranges::count(history, lab::AcmeCall::kNewOrder, &lab::AcmeExchange::call);
  }

  std::ptrdiff_t orders_before_ = 0;
  int accepted_before_ = 0;
  std::unique_ptr<lab::Customer> customer_;
};

TEST_F(FindingsTest, NamesTheRecordThatIsMissing) {
  const pb::Domain domain = Add("shop.test", kDelegation);
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
  const pb::Domain domain = Add("bakery.test", kDelegation);
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

TEST_F(FindingsTest, NamesTheNameserverThatLacksTheRecord) {
  const pb::Domain domain = Add("garden.test", kDelegation);
  const Record claim = WantedRecord(domain, kClaim);
  ASSERT_THAT(customer().Add(claim, Nameservers::kFirst), IsOk());
  const std::string shown = ShowWith(domain, pb::Finding::CODE_RECORD_ON_SOME_SERVERS);
  EXPECT_THAT(shown, HasSubstr("The TXT record at _padlock.garden.test is on ns1.garden.test but "
                               "not on ns2.garden.test"));
  EXPECT_THAT(shown, AllOf(Not(Names(FirstServer())), Names(SecondServer())));
  EXPECT_THAT(shown, HasSubstr("publish it on every nameserver of the zone"));
  ASSERT_THAT(customer().Add(claim, Nameservers::kSecond), IsOk());
  ExpectIssuedOnlyNow(domain);
}

TEST_F(FindingsTest, FindsATxtWhereTheCnameBelongs) {
  const pb::Domain domain = Add("museum.test", kClaim);
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
  const pb::Domain domain = Add("library.test", kClaim);
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

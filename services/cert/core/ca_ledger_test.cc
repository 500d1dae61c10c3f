#include "cert/core/ca_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cert {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr absl::Time kLedgerNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kAccountUrl[] = "https://ca.example/acct/1";
const CaLimit kThreeAnHour{.scope = LimitScope::kAccount, .count = 3, .window = absl::Hours(1)};

TEST(KeysOfTest, EachSubjectIsCountedOnce) {
  EXPECT_THAT(KeysOf(kAccountUrl, {"www.shop.co.uk", "*.shop.co.uk", "shop.co.uk"}),
              UnorderedElementsAre(
                  LimitKey{LimitScope::kAuthority, ""}, LimitKey{LimitScope::kAccount, kAccountUrl},
                  LimitKey{LimitScope::kNameSet, "*.shop.co.uk shop.co.uk www.shop.co.uk"},
                  LimitKey{LimitScope::kRegisteredDomain, "shop.co.uk"},
                  LimitKey{LimitScope::kFailedValidations, "shop.co.uk"},
                  LimitKey{LimitScope::kFailedValidations, "www.shop.co.uk"}));
}

TEST(RegisteredDomainTest, OfANameThatHasNoneIsTheNameItself) {
  EXPECT_EQ(RegisteredDomain("co.uk"), "co.uk");
  EXPECT_EQ(RegisteredDomain("*.a.b.example.com"), "example.com");
}

TEST(FreeTimeTest, BelowTheCountIsNow) {
  EXPECT_EQ(FreeTime(kThreeAnHour, std::nullopt, kLedgerNow), kLedgerNow);
}

TEST(FreeTimeTest, AtTheCountIsWhenTheOldestHasLeftTheWindow) {
  const absl::Time free = FreeTime(kThreeAnHour, kLedgerNow - absl::Minutes(10), kLedgerNow);
  EXPECT_GT(free, kLedgerNow + absl::Minutes(50));
  EXPECT_LE(free, kLedgerNow + absl::Minutes(51));
}

TEST(FreeTimeTest, IsNeverInThePast) {
  EXPECT_EQ(FreeTime(kThreeAnHour, kLedgerNow - absl::Hours(5), kLedgerNow), kLedgerNow);
}

// Whatever the order of arrivals and delays below the send time, the CA counts no more than its
// limit in any window.
TEST(FreeTimeTest, KeepsEveryWindowOfTheCaBelowItsLimit) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<absl::Time> counted;
    std::vector<absl::Time> arrived;
    absl::Time now = kLedgerNow;
    for (int i = 0; i < 40; ++i) {
      now += absl::Seconds(random() % 1500);
      std::ranges::sort(counted, std::greater<>());
      std::optional<absl::Time> nth;
      if (counted.size() >= 3) nth = counted[2];
      if (FreeTime(kThreeAnHour, nth, now) > now) continue;
      counted.push_back(now);
      arrived.push_back(now + absl::Seconds(random() % 30));
    }
    std::ranges::sort(arrived);
    for (std::size_t i = 3; i < arrived.size(); ++i) {
      EXPECT_GE(arrived[i] - arrived[i - 3], kThreeAnHour.window);
    }
    EXPECT_GE(arrived.size(), 10U);  // and it is used
  }
}

TEST(KeptForTest, IsAsLongAsTheLongestWindowOfTheScope) {
  const std::vector<CaLimit> limits{kThreeAnHour,
                                    {LimitScope::kAccount, 10, absl::Hours(24)},
                                    {LimitScope::kNameSet, 5, absl::Hours(168)}};
  EXPECT_GE(KeptFor(limits, LimitScope::kAccount), absl::Hours(24));
  EXPECT_LT(KeptFor(limits, LimitScope::kAccount), absl::Hours(25));
  EXPECT_EQ(KeptFor(limits, LimitScope::kRegisteredDomain), absl::ZeroDuration());
}

struct RefusalCase {
  std::string name;
  std::string detail;
  std::string identifier;
  LimitKey key;
};

class WaitOfTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(WaitOfTest, BindsThoseWhomTheWordsName) {
  const AcmeProblem problem{.type = "urn:ietf:params:acme:error:rateLimited",
                            .detail = GetParam().detail,
                            .http_status = 429,
                            .retry_after = absl::Minutes(7),
                            .identifier = GetParam().identifier};
  const LimitWait wait =
      WaitOf(problem, kAccountUrl, {"www.shop.example.com", "*.shop.example.com"}, kLedgerNow);
  EXPECT_EQ(wait.key, GetParam().key);
  EXPECT_EQ(wait.end_time, kLedgerNow + absl::Minutes(7));
  EXPECT_THAT(LimitFinding("lab", wait).sentence,
              HasSubstr("not asked before 2027-01-15 08:07:00 UTC"));
}

INSTANTIATE_TEST_SUITE_P(
    Words, WaitOfTest,
    ::testing::Values(
        RefusalCase{"Domain",
                    "too many certificates (50) already issued for \"example.com\" in the last "
                    "168h0m0s",
                    "",
                    {LimitScope::kRegisteredDomain, "example.com"}},
        RefusalCase{"NameSet",
                    "too many certificates (5) already issued for this exact set of identifiers "
                    "in the last 168h0m0s",
                    "",
                    {LimitScope::kNameSet, "*.shop.example.com www.shop.example.com"}},
        RefusalCase{"Account",
                    "too many new orders (300) from this account in the last 3h0m0s",
                    "",
                    {LimitScope::kAccount, kAccountUrl}},
        RefusalCase{"Failed",
                    "too many failed authorizations (5) for \"shop.example.com\" in the last 1h",
                    "",
                    {LimitScope::kFailedValidations, "shop.example.com"}},
        RefusalCase{"Identifier",
                    "slow down",
                    "www.shop.example.com",
                    {LimitScope::kRegisteredDomain, "example.com"}},
        RefusalCase{
            "Paused",  // Boulder's words
            "Your account is temporarily prevented from requesting certificates for "
            "shop.example.com and possibly others. Please visit: https://ca.example/unpause",
            "",
            {LimitScope::kFailedValidations, "shop.example.com"}},
        RefusalCase{"WithoutQuotes",
                    "too many certificates for example.com.",
                    "",
                    {LimitScope::kRegisteredDomain, "example.com"}},
        RefusalCase{"Wildcard",
                    "too many failed authorizations for *.shop.example.com, retry later",
                    "",
                    {LimitScope::kFailedValidations, "shop.example.com"}},
        RefusalCase{"PartOfAnotherName",
                    "too many failed authorizations for my-shop.example.com.test",
                    "",
                    {LimitScope::kAuthority, ""}},
        RefusalCase{"Unknown", "slow down", "", {LimitScope::kAuthority, ""}}),
    [](const auto& test) { return test.param.name; });

// What is stored for all tenants names none of one tenant's hosts.
TEST(WaitOfTest, KeepsTheCasWordsForWhoMetThem) {
  const AcmeProblem problem{.type = "urn:ietf:params:acme:error:rateLimited",
                            .detail = "not now, secret.example.org",
                            .http_status = 429};
  const LimitWait wait = WaitOf(problem, kAccountUrl, {"a.test"}, kLedgerNow);
  EXPECT_THAT(wait.reason, ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(LimitFinding("lab", InItsWords(wait, problem)).sentence,
              HasSubstr("it refuses any order: \"not now, secret.example.org\""));
}

TEST(WaitOfTest, IsAnHourWhereNothingIsSaidAndAWeekAtMost) {
  AcmeProblem problem{.type = "urn:ietf:params:acme:error:rateLimited", .http_status = 429};
  EXPECT_EQ(WaitOf(problem, kAccountUrl, {"a.test"}, kLedgerNow).end_time,
            kLedgerNow + absl::Hours(1));
  problem.retry_after = absl::Hours(24 * 365);
  EXPECT_EQ(WaitOf(problem, kAccountUrl, {"a.test"}, kLedgerNow).end_time,
            kLedgerNow + absl::Hours(24 * 7));
}

TEST(LimitFindingTest, NamesTheLimitAndItsEnd) {
  const Finding finding =
      LimitFinding("lab", CountedWait({LimitScope::kRegisteredDomain, 50, absl::Hours(168)},
                                      {LimitScope::kRegisteredDomain, "example.com"}, kLedgerNow));
  EXPECT_EQ(finding.code, FindingCode::kCaLimitReached);
  EXPECT_THAT(finding.sentence, HasSubstr("limit of 50 in 168 h"));
  EXPECT_THAT(finding.sentence, HasSubstr("names in example.com"));
}

TEST(LimitFindingTest, SaysThatALimitIsOnlyAssumedToBeReached) {
  const LimitWait wait = CountedWait({LimitScope::kAccount, 300, absl::Hours(3)},
                                     {LimitScope::kAccount, "lab"}, kLedgerNow, /*assumed=*/true);
  EXPECT_THAT(LimitFinding("lab", wait).sentence,
              HasSubstr("a backup was restored, after which its limit of 300 in 3 h may have been "
                        "used up for"));
}

}  // namespace
}  // namespace cert

#include "cert/core/renewal.h"

#include <gtest/gtest.h>

#include <string>

namespace cert {
namespace {

constexpr absl::Time kNotBefore = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

// The last second belongs to the certificate (RFC 5280 4.1.2.5).
Validity Days(int days) {
  return {.not_before = kNotBefore, .not_after = kNotBefore + days * kDay - absl::Seconds(1)};
}

struct RenewCase {
  const char* name;
  int days;
  absl::Duration lead;  // before the end
};

class RenewTimeTest : public ::testing::TestWithParam<RenewCase> {};

TEST_P(RenewTimeTest, LeavesTheLeadBeforeTheEnd) {
  const Validity validity = Days(GetParam().days);
  EXPECT_EQ(RenewTime(validity, 0), validity.not_after - GetParam().lead);
}

TEST_P(RenewTimeTest, IsSpreadByLessThanATenthOfTheLead) {
  const Validity validity = Days(GetParam().days);
  EXPECT_EQ(RenewTime(validity, 0.5), validity.not_after - GetParam().lead * 1.05);
  EXPECT_GT(RenewTime(validity, 0.999), validity.not_after - GetParam().lead * 1.1);
  EXPECT_GT(RenewTime(validity, 0.999), validity.not_before);
}

INSTANTIATE_TEST_SUITE_P(All, RenewTimeTest,
                         ::testing::Values(RenewCase{"Year", 365, absl::Hours(30 * 24)},
                                           RenewCase{"NinetyDays", 90, absl::Hours(30 * 24)},
                                           RenewCase{"FortySevenDays", 47, absl::Hours(376)},
                                           RenewCase{"TenDays", 10, absl::Hours(80)},
                                           RenewCase{"SixDays", 6, absl::Hours(72)}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// ---- With the CA's window ----

constexpr absl::Time kIssueTime = kNotBefore;

Renewal NinetyDays(double draw) {
  return {.issuance = IssuanceId("iss_1"), .ca = "ca", .validity = Days(90), .draw = draw};
}

AcmeRenewalInfo Window(int from_day, int to_day) {
  return {.window = {.start = kNotBefore + from_day * kDay, .end = kNotBefore + to_day * kDay}};
}

absl::Time RenewTimeAfter(const AcmeRenewalInfo& info, double draw) {
  return RenewTime(AfterWindow(NinetyDays(draw), info, kIssueTime));
}

TEST(RenewalWindowTest, RenewsAtThePlaceThatWasDrawn) {
  EXPECT_EQ(RenewTimeAfter(Window(60, 70), 0), kNotBefore + 60 * kDay);
  EXPECT_EQ(RenewTimeAfter(Window(60, 70), 0.25), kNotBefore + 62.5 * kDay);
  EXPECT_LT(RenewTimeAfter(Window(60, 70), 0.999), kNotBefore + 70 * kDay);
}

TEST(RenewalWindowTest, MovesWithTheWindowAtTheSamePlace) {
  const Renewal first = AfterWindow(NinetyDays(0.5), Window(60, 70), kIssueTime);
  const Renewal moved = AfterWindow(first, Window(10, 12), kIssueTime + kDay);
  EXPECT_EQ(RenewTime(moved), kNotBefore + 11 * kDay);
  EXPECT_EQ(moved.draw, first.draw);
}

TEST(RenewalWindowTest, RenewsAtOnceWhenTheWindowIsOver) {
  const absl::Time now = kNotBefore + 20 * kDay;
  const Renewal told = AfterWindow(NinetyDays(0.9), Window(1, 2), now);
  EXPECT_LE(RenewTime(told), now);
}

// A CA that errs must not cost the certificate.
TEST(RenewalWindowTest, KeepsTimeForFailuresWhateverTheCaSays) {
  EXPECT_EQ(RenewTimeAfter(Window(89, 200), 0.5), Days(90).not_after - 10 * kDay);
  EXPECT_EQ(RenewTimeAfter(Window(79, 80), 0.5), kNotBefore + 79.5 * kDay);
}

TEST(RenewalWindowTest, FallsBackToTheLifetimeWithoutAWindow) {
  const Renewal told = AfterWindow(NinetyDays(0.5), Window(1, 2), kIssueTime);
  EXPECT_EQ(RenewTime(AfterWindow(told, std::nullopt, kIssueTime)), RenewTime(Days(90), 0.5));
}

TEST(RenewalWindowTest, KeepsTheWindowAndItsReasonWhileTheCaDoesNotAnswer) {
  AcmeRenewalInfo info = Window(60, 70);
  info.explanation_url = "https://ca.test/why";
  const Renewal told = AfterWindow(NinetyDays(0.5), info, kIssueTime);
  const Renewal later = AfterNoWindow(told, std::nullopt, kIssueTime + kDay);
  EXPECT_EQ(later.window, info.window);
  EXPECT_EQ(later.explanation_url, "https://ca.test/why");
}

struct RefreshCase {
  const char* name;
  std::optional<absl::Duration> asked;
  absl::Duration after_window;
  absl::Duration after_none;
};

class RefreshTest : public ::testing::TestWithParam<RefreshCase> {};

TEST_P(RefreshTest, AsksAgainAsTheCaSaysWithinBounds) {
  AcmeRenewalInfo info = Window(60, 70);
  info.retry_after = GetParam().asked;
  const Renewal told = AfterWindow(NinetyDays(0.5), info, kIssueTime);
  EXPECT_EQ(told.refresh_time, kIssueTime + GetParam().after_window);
  EXPECT_EQ(AfterNoWindow(told, GetParam().asked, kIssueTime).refresh_time,
            kIssueTime + GetParam().after_none);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefreshTest,
    ::testing::Values(RefreshCase{"NotSaid", std::nullopt, absl::Hours(6), absl::Hours(1)},
                      RefreshCase{"TooSoon", absl::Minutes(1), absl::Hours(1), absl::Hours(1)},
                      RefreshCase{"Within", absl::Hours(9), absl::Hours(9), absl::Hours(9)},
                      RefreshCase{"TooLate", absl::Hours(99), kDay, kDay}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(PlanRenewalTest, AsksTheCaFirstSomeHoursAfterTheIssuance) {
  EXPECT_EQ(PlanRenewal(NinetyDays(0), kIssueTime).refresh_time, kIssueTime + absl::Hours(1));
  EXPECT_EQ(PlanRenewal(NinetyDays(0.5), kIssueTime).refresh_time, kIssueTime + absl::Minutes(210));
}

}  // namespace
}  // namespace cert

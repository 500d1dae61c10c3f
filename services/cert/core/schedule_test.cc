#include "cert/core/schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

namespace cert {
namespace {

constexpr absl::Time kFirstLook = absl::FromUnixSeconds(1'800'000'000);

constexpr std::array kPublishedSeconds{
    60,   63,   66,   69,   72,   76,   80,   84,   88,   93,    242,   279,  321,  369,
    424,  488,  561,  645,  742,  853,  981,  1129, 1298, 1493,  1717,  1975, 2271, 2612,
    3003, 3454, 3972, 4568, 5253, 6041, 6948, 7990, 9189, 10567, 12152, 13975};

TEST(BackoffTest, IsThePublishedTable) {
  for (std::size_t i = 0; i < kPublishedSeconds.size(); ++i) {
    EXPECT_EQ(Backoff(static_cast<int>(i)), absl::Seconds(kPublishedSeconds.at(i))) << i;
  }
}

TEST(BackoffTest, StaysAtFourHours) {
  EXPECT_EQ(Backoff(40), absl::Hours(4));
  EXPECT_EQ(Backoff(std::numeric_limits<int>::max()), absl::Hours(4));
}

TEST(BackoffTest, CountsFromZero) { EXPECT_EQ(Backoff(-1), absl::Seconds(60)); }

struct LookCase {
  const char* name;
  absl::Duration age;
  std::optional<absl::Duration> caches_expire_in;  // from now
  absl::Duration earliest;                         // whatever the jitter
  absl::Duration latest;
};

class NextLookTest : public ::testing::TestWithParam<LookCase> {};

TEST_P(NextLookTest, LiesWithinItsBounds) {
  const absl::Time now = kFirstLook + GetParam().age;
  Look look{.tries = 3, .start_time = kFirstLook};
  if (GetParam().caches_expire_in) look.caches_expire_time = now + *GetParam().caches_expire_in;
  for (const double jitter : {0.0, 0.25, 0.5, 0.999}) {
    EXPECT_GE(NextLook(look, now, jitter) - now, GetParam().earliest) << jitter;
    EXPECT_LE(NextLook(look, now, jitter) - now, GetParam().latest) << jitter;
  }
}

TEST_P(NextLookTest, IsSpreadByTheJitter) {
  const absl::Time now = kFirstLook + GetParam().age;
  Look look{.tries = 3, .start_time = kFirstLook};
  if (GetParam().caches_expire_in) look.caches_expire_time = now + *GetParam().caches_expire_in;
  EXPECT_NE(NextLook(look, now, 0), NextLook(look, now, 0.9));
}

constexpr absl::Duration kMillisecond = absl::Milliseconds(1);

INSTANTIATE_TEST_SUITE_P(
    All, NextLookTest,
    ::testing::Values(LookCase{"AtOnceEveryFiveSeconds", absl::ZeroDuration(), std::nullopt,
                               absl::Milliseconds(4500), absl::Seconds(5)},
                      LookCase{"JustBeforeTenMinutesStillFiveSeconds", absl::Seconds(599),
                               std::nullopt, absl::Milliseconds(4500), absl::Seconds(5)},
                      LookCase{"FromTenMinutesOnThePublishedPause", absl::Minutes(10), std::nullopt,
                               absl::Milliseconds(83700), absl::Seconds(93)},
                      LookCase{"AfterDaysFourHours", absl::Hours(24 * 6), std::nullopt,
                               absl::Minutes(216), absl::Hours(4)},
                      LookCase{"AfterYearsFourHours", absl::Hours(24 * 3650), std::nullopt,
                               absl::Minutes(216), absl::Hours(4)},
                      LookCase{"RightAfterTheCache", absl::Minutes(1), absl::Seconds(30),
                               absl::Seconds(31), absl::Milliseconds(34100)},
                      LookCase{"RightAfterAShortCache", absl::Minutes(1), absl::Seconds(1),
                               absl::Seconds(2), absl::Milliseconds(2200)},
                      LookCase{"AtMostAMinuteForALongCache", absl::Minutes(1), absl::Hours(1),
                               absl::Seconds(54), absl::Seconds(60)},
                      LookCase{"AtMostAMinuteForACacheNearlyThatLong", absl::Minutes(1),
                               absl::Seconds(58), absl::Seconds(54), absl::Seconds(60)},
                      LookCase{"AtMostAMinuteForACacheWithoutEnd", absl::Minutes(1),
                               absl::InfiniteDuration(), absl::Seconds(54), absl::Seconds(60)},
                      LookCase{"AnExpiredCacheIsNoReason", absl::Minutes(1), -absl::Seconds(10),
                               absl::Milliseconds(4500), absl::Seconds(5)},
                      LookCase{"LaterRightAfterTheCache", absl::Hours(5), absl::Minutes(5),
                               absl::Seconds(301), absl::Milliseconds(331100)},
                      LookCase{"LaterNotWithinAMinute", absl::Hours(5), absl::Seconds(2),
                               absl::Seconds(60), absl::Seconds(66)},
                      LookCase{"LaterByThePublishedPauseWhenTheCacheIsLonger", absl::Hours(24 * 6),
                               absl::Hours(24), absl::Minutes(216), absl::Hours(4)},
                      LookCase{"ASecondAfterACacheThatExpiredDuringTheLook", absl::Minutes(1),
                               -kMillisecond, absl::Seconds(1), absl::Milliseconds(1100)},
                      LookCase{"LaterAMinuteAfterACacheThatExpiredDuringTheLook",
                               absl::Hours(24 * 6), -kMillisecond, absl::Seconds(60),
                               absl::Seconds(66)},
                      LookCase{"LaterAnExpiredCacheIsNoReason", absl::Hours(24 * 6),
                               -absl::Seconds(6), absl::Minutes(216), absl::Hours(4)}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(NextLookTest, WithoutAStartIsFourHoursAway) {
  EXPECT_EQ(NextLook(Look{}, kFirstLook, 0), kFirstLook + absl::Hours(4));
}

TEST(IsUsedUpTest, NeedsBothTheTriesAndTheAge) {
  const Schedule schedule;
  const absl::Time week_later = kFirstLook + absl::Hours(24 * 7);
  EXPECT_FALSE(IsUsedUp(schedule, {.tries = 74, .start_time = kFirstLook}, week_later));
  EXPECT_FALSE(
      IsUsedUp(schedule, {.tries = 500, .start_time = kFirstLook}, week_later - absl::Seconds(1)));
  EXPECT_TRUE(IsUsedUp(schedule, {.tries = 75, .start_time = kFirstLook}, week_later));
}

TEST(ScheduleTest, SeventyFiveTriesTakeSevenDays) {
  absl::Duration sum;
  for (int i = 0; i < Schedule{}.max_tries; ++i) sum += Backoff(i);
  EXPECT_GT(sum, Schedule{}.max_age);
  EXPECT_LT(sum, Schedule{}.max_age + absl::Hours(2));
}

TEST(OrderPauseTest, GrowsTenfoldToADay) {
  EXPECT_EQ(OrderPause(0, std::nullopt), absl::Minutes(1));
  EXPECT_EQ(OrderPause(1, std::nullopt), absl::Minutes(1));
  EXPECT_EQ(OrderPause(2, std::nullopt), absl::Minutes(10));
  EXPECT_EQ(OrderPause(3, std::nullopt), absl::Minutes(100));
  EXPECT_EQ(OrderPause(4, std::nullopt), absl::Hours(24));
  EXPECT_EQ(OrderPause(std::numeric_limits<int>::max(), std::nullopt), absl::Hours(24));
}

TEST(OrderPauseTest, IsNotLessThanTheCaAskedFor) {
  EXPECT_EQ(OrderPause(1, absl::Hours(3)), absl::Hours(3));
  EXPECT_EQ(OrderPause(4, absl::Hours(3)), absl::Hours(24));
  EXPECT_EQ(OrderPause(1, -absl::Hours(3)), absl::Minutes(1));
}

TEST(OrderPauseTest, BelievesAtMostSevenDays) {
  EXPECT_EQ(OrderPause(1, absl::InfiniteDuration()), absl::Hours(24 * 7));
}

TEST(StepPauseTest, DoublesToAMinute) {
  int tries = 0;
  for (const int seconds : {1, 1, 2, 4, 8, 16, 30, 30}) {
    EXPECT_EQ(StepPause(tries, 0), absl::Seconds(seconds)) << tries;
    ++tries;
  }
  EXPECT_EQ(StepPause(std::numeric_limits<int>::max(), 0), absl::Seconds(30));
}

TEST(StepPauseTest, IsUpToTwiceTheShortest) {
  EXPECT_EQ(StepPause(2, 0.5), absl::Seconds(3));
  EXPECT_LT(StepPause(2, 0.999), absl::Seconds(4));
}

}  // namespace
}  // namespace cert

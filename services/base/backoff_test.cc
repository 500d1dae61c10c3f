#include "base/backoff.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace base {
namespace {

constexpr BackoffPolicy kPolicy{
    .initial = absl::Seconds(2), .cap = absl::Seconds(20), .multiplier = 2};

struct BackoffCase {
  const char* name;
  int failures;
  double fraction;
  absl::Duration delay;
};

class BackoffTest : public ::testing::TestWithParam<BackoffCase> {};

TEST_P(BackoffTest, DelayFollowsFailuresAndFraction) {
  EXPECT_EQ(BackoffDelay(kPolicy, GetParam().failures, GetParam().fraction), GetParam().delay);
}

INSTANTIATE_TEST_SUITE_P(
    All, BackoffTest,
    ::testing::Values(
        BackoffCase{"FirstFailureWaitsAtLeastHalfOfTheInitial", 1, 0, absl::Seconds(1)},
        BackoffCase{"FractionReachesIntoTheUpperHalf", 1, 0.5, absl::Milliseconds(1500)},
        BackoffCase{"EachFailureDoubles", 3, 0, absl::Seconds(4)},
        BackoffCase{"TheCapHolds", 5, 0, absl::Seconds(10)},
        BackoffCase{"NoCountOverflows", std::numeric_limits<int>::max(), 0, absl::Seconds(10)},
        BackoffCase{"NoFailureCountsAsOne", 0, 0, absl::Seconds(1)}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(BackoffPolicyTest, AMultiplierOfOneStaysAtTheInitial) {
  const BackoffPolicy constant{.initial = absl::Seconds(4), .multiplier = 1};
  EXPECT_EQ(BackoffDelay(constant, std::numeric_limits<int>::max(), 0), absl::Seconds(2));
}

}  // namespace
}  // namespace base

#include "probe/core/token_bucket.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const Pace kPace({.per_second = 10, .burst = 3});

// Takes `count` tokens that can be used at `now`.
void TakeAll(TokenBucket& bucket, int count, absl::Time now) {
  for (int i = 0; i < count; ++i) ASSERT_EQ(bucket.Take(kPace, now, now), now) << i;
}

TEST(TokenBucketTest, GivesABurstAndThenNothingAtOnce) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kNow);
  EXPECT_EQ(bucket.Take(kPace, kNow, kNow), std::nullopt);
}

TEST(TokenBucketTest, LendsTokensOneIntervalApart) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kNow);
  const absl::Time latest = kNow + absl::Milliseconds(250);
  EXPECT_EQ(bucket.Take(kPace, kNow, latest), kNow + absl::Milliseconds(100));
  EXPECT_EQ(bucket.Take(kPace, kNow, latest), kNow + absl::Milliseconds(200));
  EXPECT_EQ(bucket.Take(kPace, kNow, latest), std::nullopt);
  // What was refused has not been taken.
  EXPECT_EQ(bucket.Take(kPace, kNow, latest + absl::Milliseconds(50)),
            kNow + absl::Milliseconds(300));
}

TEST(TokenBucketTest, RefillsAtItsPaceAndNoFurtherThanTheBurst) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kNow);
  TakeAll(bucket, 1, kNow + absl::Milliseconds(100));
  EXPECT_FALSE(bucket.IsFull(kNow + absl::Milliseconds(399)));
  EXPECT_TRUE(bucket.IsFull(kNow + absl::Milliseconds(400)));
  TakeAll(bucket, 3, kNow + absl::Hours(1));
  EXPECT_EQ(bucket.Take(kPace, kNow + absl::Hours(1), kNow + absl::Hours(1)), std::nullopt);
}

TEST(TokenBucketTest, NeverExceedsRateTimesTimePlusBurst) {
  TokenBucket bucket;
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time now = kNow + i * absl::Milliseconds(1);
    if (bucket.Take(kPace, now, now)) ++taken;
  }
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 103);
}

}  // namespace
}  // namespace probe

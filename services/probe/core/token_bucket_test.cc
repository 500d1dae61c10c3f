#include "probe/core/token_bucket.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

constexpr absl::Time kBegin = absl::FromUnixSeconds(1'800'000'000);
const Pace kPace({.per_second = 10, .burst = 3});

// Takes `count` tokens that can be used at `now`.
void TakeAll(TokenBucket& bucket, int count, absl::Time now) {
  for (int i = 0; i < count; ++i) ASSERT_EQ(bucket.Take(kPace, now, now), now) << i;
}

TEST(TokenBucketTest, GivesABurstAndThenNothingAtOnce) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kBegin);
  EXPECT_EQ(bucket.Take(kPace, kBegin, kBegin), std::nullopt);
}

TEST(TokenBucketTest, LendsTokensOneIntervalApart) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kBegin);
  const absl::Time latest = kBegin + absl::Milliseconds(250);
  EXPECT_EQ(bucket.Take(kPace, kBegin, latest), kBegin + absl::Milliseconds(100));
  EXPECT_EQ(bucket.Take(kPace, kBegin, latest), kBegin + absl::Milliseconds(200));
  EXPECT_EQ(bucket.Take(kPace, kBegin, latest), std::nullopt);
  // What was refused has not been taken.
  EXPECT_EQ(bucket.Take(kPace, kBegin, latest + absl::Milliseconds(50)),
            kBegin + absl::Milliseconds(300));
}

TEST(TokenBucketTest, RefillsAtItsPaceAndNoFurtherThanTheBurst) {
  TokenBucket bucket;
  TakeAll(bucket, 3, kBegin);
  TakeAll(bucket, 1, kBegin + absl::Milliseconds(100));
  TakeAll(bucket, 3, kBegin + absl::Hours(1));
  EXPECT_EQ(bucket.Take(kPace, kBegin + absl::Hours(1), kBegin + absl::Hours(1)), std::nullopt);
}

TEST(TokenBucketTest, NeverExceedsRateTimesTimePlusBurst) {
  TokenBucket bucket;
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time now = kBegin + i * absl::Milliseconds(1);
    if (bucket.Take(kPace, now, now)) ++taken;
  }
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 103);
}

}  // namespace
}  // namespace probe

#include "cert/core/expiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cert/core/schedule.h"

namespace cert {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Time kLook = absl::FromUnixSeconds(1'800'000'000);

absl::Duration PauseWith(absl::Duration left, int failed = 5) {
  return RenewalPause(failed, std::nullopt, kLook + left, kLook);
}

TEST(RenewalPauseTest, IsTheUsualOneWhileThereIsTime) {
  for (const int failed : {1, 2, 3, 4, 9}) {
    EXPECT_EQ(PauseWith(absl::Hours(24 * 20), failed), OrderPause(failed, std::nullopt));
    EXPECT_EQ(RenewalPause(failed, absl::Hours(30), std::nullopt, kLook),
              OrderPause(failed, absl::Hours(30)));
  }
}

TEST(RenewalPauseTest, EndsWhenTheLastDayBegins) {
  EXPECT_EQ(PauseWith(absl::Hours(30)), absl::Hours(6));
  EXPECT_EQ(PauseWith(absl::Hours(24) + absl::Minutes(1)), absl::Hours(1));
}

TEST(RenewalPauseTest, GetsShorterOnTheLastDayAndLongerAgainAfterTheEnd) {
  EXPECT_EQ(PauseWith(absl::Hours(24)), absl::Hours(1));
  EXPECT_EQ(PauseWith(absl::Hours(12)), absl::Minutes(30));
  EXPECT_EQ(PauseWith(absl::Hours(1)), absl::Minutes(10));
  EXPECT_EQ(PauseWith(absl::Seconds(1)), absl::Minutes(10));
  EXPECT_EQ(PauseWith(-absl::Hours(1)), absl::Hours(1));
  EXPECT_EQ(PauseWith(absl::Hours(1), 1), absl::Minutes(1));
}

TEST(RenewalPauseTest, WaitsForWhatTheCaAskedAllTheSame) {
  EXPECT_EQ(RenewalPause(5, absl::Hours(3), kLook + absl::Hours(2), kLook), absl::Hours(3));
  EXPECT_EQ(RenewalPause(5, absl::Seconds(5), kLook + absl::Hours(2), kLook), absl::Minutes(10));
}

TEST(WithExpiryTest, TellsHowMuchTimeIsLeft) {
  const Finding cause{.code = FindingCode::kCaUnavailable, .sentence = "The CA is down."};
  const auto told = WithExpiry(cause, kLook + absl::Hours(24 * 3 + 5), kLook);
  EXPECT_EQ(told->code, FindingCode::kCaUnavailable);
  EXPECT_EQ(told->sentence,
            "The CA is down. The certificate in use is valid for another 3 days, until "
            "2027-01-18 13:00:00 UTC.");
  EXPECT_THAT(WithExpiry(cause, kLook + absl::Hours(1), kLook)->sentence,
              HasSubstr("another 1 hour, until"));
  EXPECT_THAT(WithExpiry(cause, kLook + absl::Minutes(5), kLook)->sentence,
              HasSubstr("another less than an hour, until"));
}

TEST(WithExpiryTest, SaysThatItExpiredAndWhatStopsTheNextOne) {
  const Finding cause{
      .code = FindingCode::kRecordMissing, .sentence = "There is no CNAME.", .fix = "a CNAME b"};
  const auto told = WithExpiry(cause, kLook, kLook);
  EXPECT_EQ(told->code, FindingCode::kCertificateExpired);
  EXPECT_THAT(told->sentence,
              StartsWith("The certificate in use expired at 2027-01-15 08:00:00 UTC"));
  EXPECT_THAT(told->sentence, HasSubstr("There is no CNAME."));
  EXPECT_EQ(told->fix, "a CNAME b");
  EXPECT_EQ(WithExpiry(std::nullopt, kLook, kLook)->code, FindingCode::kCertificateExpired);
}

TEST(WithExpiryTest, SaysNothingWhereNothingIsWrong) {
  EXPECT_EQ(WithExpiry(std::nullopt, std::nullopt, kLook), std::nullopt);
  EXPECT_EQ(WithExpiry(std::nullopt, kLook + absl::Seconds(1), kLook), std::nullopt);
  const Finding cause{.sentence = "No."};
  EXPECT_EQ(WithExpiry(cause, std::nullopt, kLook), cause);
}

TEST(WithExpiryTest, IsNewOnlyOnce) {
  const auto expired = WithExpiry(std::nullopt, kLook, kLook);
  EXPECT_TRUE(IsNewlyExpired(std::nullopt, expired));
  EXPECT_TRUE(IsNewlyExpired(Finding{}, expired));
  EXPECT_FALSE(IsNewlyExpired(expired, expired));
  EXPECT_FALSE(IsNewlyExpired(expired, std::nullopt));
}

}  // namespace
}  // namespace cert

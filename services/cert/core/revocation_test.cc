#include "cert/core/revocation.h"

#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;

constexpr absl::Time kRequested = absl::FromUnixSeconds(1'000);
constexpr absl::Time kAfterwards = absl::FromUnixSeconds(2'000);
const RevocationProgress kAsked{
    .state = RevocationState::kPending, .start_time = kRequested, .due_time = kRequested};

TEST(RevocationTest, EndsWhenTheCaHasDoneIt) {
  const auto done = Advance(kAsked, Revoked{}, kAfterwards);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->state, RevocationState::kCompleted);
  EXPECT_EQ(done->due_time, absl::InfiniteFuture());
}

TEST(RevocationTest, IsRepeatedUntilThen) {
  const auto again = Advance(kAsked, NotRevoked{.retry_time = kAfterwards}, kRequested);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state, RevocationState::kPending);
  EXPECT_EQ(again->due_time, kAfterwards);
  EXPECT_EQ(again->tries, 1);
  EXPECT_EQ(again->start_time, kRequested);
}

TEST(RevocationTest, IsGivenUpOnlyWhenNothingIsLeftToRevoke) {
  EXPECT_EQ(Advance(kAsked, Expired{}, kAfterwards)->state, RevocationState::kFailed);
}

TEST(RevocationTest, NothingHappensAfterItsEnd) {
  const RevocationProgress over{.state = RevocationState::kCompleted, .start_time = kAfterwards};
  EXPECT_EQ(Advance(over, Revoked{}, kAfterwards).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RevocationTest, ARefusalIsAskedAboutLessOften) {
  EXPECT_LE(RevocationPause(20, /*refused=*/false, 0.5), absl::Minutes(1));
  EXPECT_EQ(RevocationPause(1, /*refused=*/true, 0.5), absl::Hours(1));
}

TEST(RevocationTest, StateNamesCanBeReadBack) {
  for (const RevocationState state :
       {RevocationState::kPending, RevocationState::kCompleted, RevocationState::kFailed}) {
    EXPECT_EQ(ParseRevocationState(StateName(state)), state);
  }
  EXPECT_EQ(ParseRevocationState("GONE"), std::nullopt);
}

}  // namespace
}  // namespace cert

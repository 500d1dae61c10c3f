#include "probe/core/resolver_health.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests

constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
constexpr double kJitter = 0.5;

const ResolverHealth::Options kOptions{
    .failures = 4,
    .names = 3,
    .max_age = absl::Minutes(5),
    .backoff = {.initial = absl::Seconds(2), .cap = absl::Seconds(8)}};

Reply Answered(int rcode, bool authenticated = false) {
  return {.kind = Reply::Kind::kAnswered,
          .message = {.authenticated_data = authenticated, .rcode = rcode}};
}
const Reply kTimeout{};
const Reply kServfail = Answered(kRcodeServerFailure);
const Reply kGood = Answered(kRcodeNoError);
const Reply kSigned = Answered(kRcodeNoError, /*authenticated=*/true);

class ResolverHealthTest : public ::testing::Test {
 protected:
  // Failures of `count` different names.
  void Fail(int count, const Reply& reply = kServfail) {
    for (int i = 0; i < count; ++i) health_.TakeReply(Name(absl::StrFormat("n%d.test", i)), reply);
  }
  // So that nothing but a doubt asks for a probe question.
  void Prove() { health_.TakeProbe(kGood, kStart, kJitter); }
  void BecomeUnhealthy() {
    Fail(4);
    health_.TakeProbe(kTimeout, kStart, kJitter);
    ASSERT_FALSE(health_.healthy());
  }

  ResolverHealth health_{kOptions};
};

TEST_F(ResolverHealthTest, BeginsHealthyAndWantsToKnowWhetherItValidates) {
  EXPECT_TRUE(health_.healthy());
  EXPECT_EQ(health_.validates(), std::nullopt);
  EXPECT_TRUE(health_.WantsProbe(kStart));
  health_.TakeProbe(kSigned, kStart, kJitter);
  EXPECT_EQ(health_.validates(), true);
  EXPECT_FALSE(health_.WantsProbe(kStart));
  health_.TakeProbe(kGood, kStart, kJitter);
  EXPECT_EQ(health_.validates(), false);
}

TEST_F(ResolverHealthTest, LooksAgainWhenWhatItKnowsIsOld) {
  Prove();
  EXPECT_FALSE(health_.WantsProbe(kStart + absl::Minutes(5)));
  EXPECT_TRUE(health_.WantsProbe(kStart + absl::Minutes(5) + absl::Seconds(1)));
  EXPECT_TRUE(health_.WantsProbe(kStart - absl::Seconds(1))) << "the clock was set back";
}

TEST_F(ResolverHealthTest, OneCustomersBrokenNameRaisesNoSuspicion) {
  Prove();
  for (int i = 0; i < 1'000; ++i) health_.TakeReply(Name("broken.test"), kServfail);
  EXPECT_FALSE(health_.WantsProbe(kStart));
  EXPECT_TRUE(health_.healthy());
}

TEST_F(ResolverHealthTest, ManyBrokenNamesRaiseASuspicionThatTheProbeQuestionEnds) {
  Prove();
  Fail(4);
  EXPECT_TRUE(health_.healthy()) << "not before the probe question";
  EXPECT_FALSE(health_.IsProved(kStart, absl::Minutes(1)));
  ASSERT_TRUE(health_.WantsProbe(kStart));
  health_.TakeProbe(kSigned, kStart, kJitter);
  EXPECT_TRUE(health_.healthy());
  EXPECT_TRUE(health_.IsProved(kStart, absl::Minutes(1)));
  EXPECT_FALSE(health_.WantsProbe(kStart));
}

TEST_F(ResolverHealthTest, FailsEverybodyWhateverTheFailuresAre) {
  for (const Reply& failure :
       {kTimeout, kServfail, Answered(kRcodeRefused), Reply{.kind = Reply::Kind::kUnreachable},
        Reply{.kind = Reply::Kind::kMalformed}}) {
    ResolverHealth health(kOptions);
    for (int i = 0; i < 4; ++i) health.TakeReply(Name(absl::StrFormat("n%d.test", i)), failure);
    health.TakeProbe(failure, kStart, kJitter);
    EXPECT_FALSE(health.healthy());
  }
}

TEST_F(ResolverHealthTest, AGoodAnswerInBetweenEndsTheSeries) {
  Prove();
  Fail(3);
  health_.TakeReply(Name("good.test"), Answered(kRcodeNameError));
  Fail(3);
  EXPECT_FALSE(health_.WantsProbe(kStart));
}

TEST_F(ResolverHealthTest, OurOwnLimitsAreNotItsFault) {
  Prove();
  Fail(100, {.kind = Reply::Kind::kNotAsked});
  EXPECT_FALSE(health_.WantsProbe(kStart));
  Fail(4);
  health_.TakeProbe({.kind = Reply::Kind::kNotAsked}, kStart, kJitter);
  EXPECT_TRUE(health_.healthy());
}

TEST_F(ResolverHealthTest, AFailedProbeQuestionAloneDoesNotCondemn) {
  health_.TakeProbe(kTimeout, kStart, kJitter);
  EXPECT_TRUE(health_.healthy());
  EXPECT_FALSE(health_.WantsProbe(kStart + absl::Seconds(1)));
  EXPECT_TRUE(health_.WantsProbe(kStart + absl::Seconds(2)));
}

TEST_F(ResolverHealthTest, WhileUnhealthyItIsProbedLessAndLessOften) {
  BecomeUnhealthy();
  absl::Time last = kStart;
  absl::Duration pause = absl::ZeroDuration();
  for (int i = 0; i < 10; ++i) {
    absl::Time next = last;
    while (!health_.WantsProbe(next)) next += absl::Milliseconds(100);
    EXPECT_GE(next - last, pause);
    EXPECT_LE(next - last, kOptions.backoff.cap);
    pause = next - last;
    last = next;
    health_.TakeProbe(kTimeout, last, kJitter);
  }
  EXPECT_GE(pause, kOptions.backoff.cap / 2);
}

TEST_F(ResolverHealthTest, RecoversOnTheFirstGoodAnswer) {
  BecomeUnhealthy();
  health_.TakeProbe(kSigned, kStart + absl::Seconds(2), kJitter);
  EXPECT_TRUE(health_.healthy());
  EXPECT_EQ(health_.validates(), true);
  BecomeUnhealthy();
  health_.TakeReply(Name("late.test"), kGood);  // asked before it was found to be unhealthy
  EXPECT_TRUE(health_.healthy());
}

TEST_F(ResolverHealthTest, DoesNotPauseForeverWhenTheClockIsSetBack) {
  BecomeUnhealthy();
  EXPECT_TRUE(health_.WantsProbe(kStart - absl::Hours(1)));
}

}  // namespace
}  // namespace probe

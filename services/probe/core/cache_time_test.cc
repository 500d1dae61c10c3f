#include "probe/core/cache_time.h"

#include <gtest/gtest.h>

#include "probe/core/reading.h"
#include "probe/core/testing/messages.h"

namespace probe {
namespace {

using namespace ::probe::testing;  // NOLINT: the records of these tests
using observation::Observation;
using observation::Outcome;

constexpr absl::Time kSeenTime = absl::FromUnixSeconds(1'800'000'000);
const Question kAsked{Name("a.test"), RrType::kTxt};
const Expectation kExpectToken{.type = observation::RecordType::kTxt, .values = {"token"}};

// How long the answer may be kept; nullopt when nothing keeps it.
std::optional<absl::Duration> Kept(Reading reading) {
  reading.observation.observe_time = kSeenTime;
  const std::optional<absl::Time> until = CacheExpireTime(reading.observation);
  if (!until) return std::nullopt;
  return *until - kSeenTime;
}

std::optional<absl::Duration> KeptBySecondary(const Message& message) {
  return Kept(ReadAuthoritative(message, kAsked, Name("test"), kExpectToken));
}

std::optional<absl::Duration> KeptByResolver(std::vector<Record> answers,
                                             std::vector<Record> authority) {
  return Kept(ReadRecursive({.recursion_available = true,
                             .answers = std::move(answers),
                             .authority = std::move(authority)},
                            kAsked, kExpectToken));
}

TEST(CacheExpireTimeTest, AValueIsKeptForItsTtl) {
  EXPECT_EQ(KeptBySecondary(Authoritative({Text("a.test", "other", 300)})), absl::Seconds(300));
  EXPECT_EQ(KeptBySecondary(Authoritative({Text("a.test", "token", 90)})), absl::Seconds(90));
}

TEST(CacheExpireTimeTest, ANoIsKeptForTheSmallerOfTheSoasTtlAndMinimum) {
  EXPECT_EQ(KeptBySecondary(Authoritative({}, {Soa("test", 30, 300)})), absl::Seconds(30));
  EXPECT_EQ(KeptBySecondary(Authoritative({}, {Soa("test", 300, 20)}, kRcodeNameError)),
            absl::Seconds(20));
  EXPECT_EQ(KeptBySecondary(Authoritative({}, {Soa("test", 300, 0)})), absl::ZeroDuration());
}

TEST(CacheExpireTimeTest, ANoWithoutSoaIsNotKept) {
  EXPECT_EQ(KeptBySecondary(Authoritative({})), std::nullopt);
}

TEST(CacheExpireTimeTest, TheSoaAtTheEndOfTheChainCounts) {
  EXPECT_EQ(KeptByResolver({Alias("a.test", "b.other", 3600)}, {Soa("other", 40, 60)}),
            absl::Seconds(40));
  // An SOA of a zone in which the end of the chain does not lie says nothing about it.
  EXPECT_EQ(KeptByResolver({Alias("a.test", "b.other", 3600)}, {Soa("a.test", 40, 60)}),
            std::nullopt);
}

TEST(CacheExpireTimeTest, AWrongValueIsGoneWhenTheFirstLinkToItIs) {
  EXPECT_EQ(KeptByResolver({Alias("a.test", "b.other", 7), Text("b.other", "x", 60)}, {}),
            absl::Seconds(7));
  EXPECT_EQ(KeptByResolver({Alias("a.test", "b.test", 9), Alias("b.test", "a.test", 60)}, {}),
            absl::Seconds(9));
}

TEST(CacheExpireTimeTest, AFailureIsKeptForFiveSeconds) {
  EXPECT_EQ(KeptBySecondary({.rcode = kRcodeServerFailure}), kFailureTtl);
  EXPECT_EQ(Kept(NoAnswer(Outcome::kMalformed, Name("a.test"), "")), kFailureTtl);
}

TEST(CacheExpireTimeTest, NothingIsKeptOfWhatDidNotCome) {
  for (const Outcome outcome : {Outcome::kTimeout, Outcome::kUnreachable, Outcome::kNotAsked}) {
    EXPECT_EQ(Kept(NoAnswer(outcome, Name("a.test"), "")), std::nullopt);
  }
}

TEST(LimitByChainTest, ShortensWhatIsKeptOfRecordsOnly) {
  Observation value{
      .values = {"x"}, .observe_time = kSeenTime, .cache_expire_time = kSeenTime + kFailureTtl};
  LimitByChain(absl::Seconds(2), value);
  EXPECT_EQ(value.cache_expire_time, kSeenTime + absl::Seconds(2));
  LimitByChain(absl::InfiniteDuration(), value);
  EXPECT_EQ(value.cache_expire_time, kSeenTime + absl::Seconds(2));
  Observation none{.observe_time = kSeenTime, .cache_expire_time = kSeenTime + kFailureTtl};
  LimitByChain(absl::Seconds(2), none);
  EXPECT_EQ(none.cache_expire_time, kSeenTime + kFailureTtl);
}

}  // namespace
}  // namespace probe

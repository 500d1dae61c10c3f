#include "base/pulse.h"

#include <gmock/gmock.h>

#include "base/testing/status_matchers.h"

namespace base {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

constexpr absl::Duration kBound = absl::Minutes(2);
const Pulse::Instant kStart{std::chrono::hours(1000)};

Pulse::Instant After(absl::Duration time) { return kStart + absl::ToChronoNanoseconds(time); }

std::shared_ptr<Pulse> Started(const std::string& part, absl::Duration bound = kBound) {
  return std::make_shared<Pulse>(part, bound, kStart);
}

TEST(PulseTest, APartHangsOnceItHasNotBeatenForLongerThanItsBound) {
  const auto pulse = Started("claims");
  EXPECT_THAT(CheckPulses({pulse}, After(kBound)), IsOk());
  const absl::Status hangs = CheckPulses({pulse}, After(kBound + absl::Nanoseconds(1)));
  EXPECT_THAT(hangs, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(hangs.message(), "hangs: claims for 2m");
}

TEST(PulseTest, ABeatMendsIt) {
  const auto pulse = Started("claims");
  ASSERT_FALSE(CheckPulses({pulse}, After(2 * kBound)).ok());
  pulse->Beat(After(2 * kBound));
  EXPECT_THAT(CheckPulses({pulse}, After(3 * kBound)), IsOk());
  EXPECT_FALSE(CheckPulses({pulse}, After(4 * kBound)).ok());
}

TEST(PulseTest, NamesAllThatHangAndNobodyElse) {
  const auto claims = Started("claims");
  const auto steps = Started("steps");
  const auto calls = Started("calls");
  const auto stream = Started("stream", 10 * kBound);
  steps->Beat(After(absl::Seconds(90)));
  calls->Beat(After(absl::Minutes(4)));
  EXPECT_EQ(CheckPulses({claims, steps, calls, stream}, After(absl::Minutes(5))).message(),
            "hangs: claims for 5m, steps for 3m30s");
}

TEST(PulseTest, APartThatIsGoneDoesNotHang) {
  auto pulse = Started("claims");
  const Pulses pulses{pulse};
  ASSERT_FALSE(CheckPulses(pulses, After(2 * kBound)).ok());
  pulse.reset();
  EXPECT_THAT(CheckPulses(pulses, After(2 * kBound)), IsOk());
}

}  // namespace
}  // namespace base

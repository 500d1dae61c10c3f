#include "base/alarm_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace base {
namespace {

using ::testing::ElementsAre;

TEST(AlarmClockTest, CallsInTheOrderOfTheTimesAndNotBefore) {
  const Deadline first = Deadline::After(absl::Milliseconds(5));
  const Deadline second = Deadline::After(absl::Milliseconds(20));
  std::vector<int> called;
  bool early = false;
  std::latch done(2);
  AlarmClock clock;
  clock.At(second, [&] {
    early = early || !second.Expired();
    called.push_back(2);
    done.count_down();
  });
  clock.At(first, [&] {
    early = early || !first.Expired();
    called.push_back(1);
    done.count_down();
  });
  done.wait();
  EXPECT_THAT(called, ElementsAre(1, 2));
  EXPECT_FALSE(early);
}

TEST(AlarmClockTest, CallsAtOnceWhatIsPast) {
  std::latch done(1);
  AlarmClock clock;
  clock.At(Deadline::After(absl::Hours(1)), [] {});
  clock.At(Deadline::After(absl::ZeroDuration()), [&] { done.count_down(); });
  done.wait();
}

TEST(AlarmClockTest, ATaskMaySetTheNext) {
  std::latch done(1);
  AlarmClock clock;
  clock.At(Deadline::After(absl::ZeroDuration()),
           [&] { clock.At(Deadline::After(absl::ZeroDuration()), [&] { done.count_down(); }); });
  done.wait();
}

TEST(AlarmClockTest, DropsAtItsEndWhatIsNotDue) {
  std::atomic<bool> called{false};
  {
    AlarmClock clock;
    clock.At(Deadline::After(absl::Hours(1)), [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace base

#include "probe/resolver/timer_wheel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace probe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Tasks leave their names here.
class TimerWheelTest : public ::testing::Test {
 protected:
  Timers::TimerId Add(TimerWheel::Tick due, const std::string& name) {
    return wheel_.Add(due, [this, name] { ran_.push_back(name); });
  }
  // As a loop does: from one NextTick to the next.
  void AdvanceTo(TimerWheel::Tick end) {
    while (const auto next = wheel_.NextTick()) {
      if (*next > end) break;
      wheel_.Advance(*next);
    }
    wheel_.Advance(end);
  }

  std::vector<std::string> ran_;
  TimerWheel wheel_;
};

TEST_F(TimerWheelTest, RunsWhatIsDueInTheOrderOfTime) {
  Add(70, "c");
  Add(5, "a");
  Add(5, "b");
  Add(4'097, "d");
  wheel_.Advance(4);
  EXPECT_THAT(ran_, IsEmpty());
  wheel_.Advance(4'097);
  EXPECT_THAT(ran_, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(wheel_.size(), 0U);
}

TEST_F(TimerWheelTest, NeverRunsATimerThatWasCancelled) {
  Add(10, "a");
  const auto near = Add(10, "near");
  const auto far = Add(1'000'000, "far");
  wheel_.Cancel(near);
  wheel_.Cancel(far);
  wheel_.Cancel(far);
  wheel_.Advance(2'000'000);
  EXPECT_THAT(ran_, ElementsAre("a"));
}

TEST_F(TimerWheelTest, ATimerThatFiredIsNotMistakenForItsPlacesNextOne) {
  const auto first = Add(1, "first");
  wheel_.Advance(1);
  Add(2, "second");
  wheel_.Cancel(first);
  wheel_.Advance(2);
  EXPECT_THAT(ran_, ElementsAre("first", "second"));
}

TEST_F(TimerWheelTest, ATaskCancelsAnotherThatIsDueWithIt) {
  Timers::TimerId second{};
  wheel_.Add(7, [&] { wheel_.Cancel(second); });
  second = Add(7, "second");
  wheel_.Advance(100);
  EXPECT_THAT(ran_, IsEmpty());
  EXPECT_EQ(wheel_.size(), 0U);
}

TEST_F(TimerWheelTest, WhatATaskAddsWaitsForTheNextRound) {
  wheel_.Add(3, [&] { Add(3, "again"); });
  wheel_.Advance(3);
  EXPECT_THAT(ran_, IsEmpty());
  EXPECT_EQ(wheel_.NextTick(), 3U);
  wheel_.Advance(3);
  EXPECT_THAT(ran_, ElementsAre("again"));
}

TEST_F(TimerWheelTest, KnowsWhenToLookNext) {
  EXPECT_EQ(wheel_.NextTick(), std::nullopt);
  Add(40, "near");
  EXPECT_EQ(wheel_.NextTick(), 40U);
  AdvanceTo(40);
  // Far timers may be looked at early, but never late.
  Add(100'000, "far");
  EXPECT_LE(*wheel_.NextTick(), 100'000U);
  EXPECT_GT(*wheel_.NextTick(), 40U);
  AdvanceTo(99'999);
  EXPECT_THAT(ran_, ElementsAre("near"));
  EXPECT_EQ(wheel_.NextTick(), 100'000U);
  AdvanceTo(100'000);
  EXPECT_THAT(ran_, ElementsAre("near", "far"));
}

TEST_F(TimerWheelTest, AnAlarmRingsOnceAtTheTimeThatItWasSetToLast) {
  struct Bell final : TimerWheel::Alarm {
    void Ring() override { ++rung; }
    int rung = 0;
  };
  Bell first;
  Bell second;
  wheel_.Set(first, 10);
  wheel_.Set(second, 10);
  wheel_.Set(first, 70);
  wheel_.Advance(69);
  EXPECT_EQ(first.rung, 0);
  EXPECT_EQ(second.rung, 1);
  wheel_.Advance(200);
  EXPECT_EQ(first.rung, 1);
  EXPECT_EQ(second.rung, 1);
  wheel_.Set(first, 300);
  wheel_.Clear(first);
  wheel_.Clear(first);
  wheel_.Advance(400);
  EXPECT_EQ(first.rung, 1);
  EXPECT_EQ(wheel_.NextTick(), std::nullopt);
}

TEST_F(TimerWheelTest, TakesTimesBeyondItsWheels) {
  Add(~TimerWheel::Tick{0}, "farthest");
  AdvanceTo((TimerWheel::Tick{1} << 42U) - 2);
  EXPECT_THAT(ran_, IsEmpty());
  AdvanceTo((TimerWheel::Tick{1} << 42U) - 1);
  EXPECT_THAT(ran_, ElementsAre("farthest"));
}

// Against the plainest implementation: a map by time.
TEST_F(TimerWheelTest, AgreesWithAnOrderedMapOnManyTimersAddedAndCancelled) {
  constexpr int kRounds = 4'000;
  std::mt19937_64 random(1);  // the same draws every time
  std::multimap<TimerWheel::Tick, std::string> expected;
  std::vector<std::pair<Timers::TimerId, decltype(expected)::iterator>> open;
  TimerWheel::Tick now = 0;
  std::vector<std::string> should_run;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = std::to_string(round);
    const TimerWheel::Tick due = now + 1 + (random() >> (44 + random() % 20));
    open.emplace_back(Add(due, name), expected.emplace(due, name));
    if (random() % 3 == 0) {
      const std::size_t chosen = random() % open.size();
      wheel_.Cancel(open[chosen].first);
      expected.erase(open[chosen].second);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    now += random() % 64;
    wheel_.Advance(now);
    while (!expected.empty() && expected.begin()->first <= now) {
      should_run.push_back(expected.begin()->second);
      const auto first = expected.begin();
      std::erase_if(open, [first](const auto& entry) { return entry.second == first; });
      expected.erase(first);
    }
    ASSERT_EQ(ran_, should_run) << "at tick " << now;
    ASSERT_EQ(wheel_.size(), expected.size());
  }
  EXPECT_GT(should_run.size(), 500U);
}

}  // namespace
}  // namespace probe

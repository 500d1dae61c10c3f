#include "probe/resolver/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/await_beat.h"

namespace probe {
namespace {

using ::testing::ElementsAre;

TEST(EventLoopTest, RunsTimersInTheOrderOfTheirTimes) {
  const auto loop = *EventLoop::Create();
  std::vector<std::string> order;
  loop->After(absl::Milliseconds(20), [&] {
    order.push_back("late");
    loop->Stop();
  });
  loop->After(absl::Milliseconds(1), [&] { order.push_back("early"); });
  const auto cancelled = loop->After(absl::Milliseconds(2), [&] { order.push_back("cancelled"); });
  loop->CancelTimer(cancelled);
  loop->Run();
  EXPECT_THAT(order, ElementsAre("early", "late"));
}

TEST(EventLoopTest, RunsATimerAtOnceWhoseTimeHasPassedMeanwhile) {
  const auto loop = *EventLoop::Create();
  loop->After(absl::Milliseconds(1), [&] { loop->Stop(); });
  const auto begin = loop->now();
  // Busy, so that it is late when it begins to run.
  while (loop->now() - begin < std::chrono::milliseconds(20)) {
  }
  loop->Run();
  EXPECT_LT(loop->now() - begin, std::chrono::seconds(10));
}

TEST(EventLoopTest, RunsWhatOtherThreadsPostedBeforeItStops) {
  const auto loop = *EventLoop::Create();
  int done = 0;
  {
    std::jthread other([&] {
      for (int i = 0; i < 1000; ++i) loop->Post([&] { ++done; });
      loop->Stop();
    });
    loop->Run();
  }
  EXPECT_EQ(done, 1000);
}

TEST(EventLoopTest, BeatsWithNothingToDoAndNotWhileATaskHangs) {
  const auto loop = *EventLoop::Create();
  const std::jthread runs([&] { loop->Run(); });
  EXPECT_TRUE(base::testing::BeatsOn(*loop->pulse()));
  std::latch hangs(1);
  std::latch release(1);
  loop->Post([&] {
    hangs.count_down();
    release.wait();
  });
  hangs.wait();
  const base::Pulse::Instant hung = base::Pulse::Now();
  loop->Post([] {});
  EXPECT_LE(loop->pulse()->last_beat(), hung);
  release.count_down();
  EXPECT_TRUE(base::testing::BeatsAgain(*loop->pulse()));
  loop->Stop();
}

TEST(EventLoopTest, TellsOfReadableDescriptorsUntilUnwatched) {
  const auto loop = *EventLoop::Create();
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  int events = 0;
  loop->Watch(ends[0], EPOLLIN, [&](std::uint32_t) {
    // Still readable: only unwatching ends it.
    if (++events < 3) return;
    loop->Unwatch(ends[0]);
    loop->Stop();
  });
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  loop->Run();
  EXPECT_EQ(events, 3);
  close(ends[0]);
  close(ends[1]);
}

TEST(EventLoopTest, RunsATaskEachTimeBeforeItWaitsUntilRemoved) {
  const auto loop = *EventLoop::Create();
  std::vector<std::string> order;
  const auto id = loop->BeforeWaiting([&] { order.push_back("before"); });
  loop->Post([&] {
    order.push_back("first");
    loop->Post([&] {
      order.push_back("second");
      loop->RemoveBeforeWaiting(id);
      loop->Post([&] { loop->Stop(); });
    });
  });
  loop->Run();
  EXPECT_THAT(order, ElementsAre("before", "first", "before", "second"));
}

}  // namespace
}  // namespace probe

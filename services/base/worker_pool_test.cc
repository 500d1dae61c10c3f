#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "base/testing/await_beat.h"

namespace base {
namespace {

TEST(WorkerPoolTest, RunsTasksOnAllItsThreadsAtOnce) {
  std::latch together(3);
  WorkerPool pool({.threads = 3});
  for (int i = 0; i < 3; ++i) {
    // Would hang with fewer than three threads.
    EXPECT_TRUE(pool.Post([&together] { together.arrive_and_wait(); }));
  }
}

TEST(WorkerPoolTest, RunsWhatIsQueuedBeforeItCloses) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 2, .queue_limit = 100});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Post([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPoolTest, RefusesATaskWhenTheQueueIsFull) {
  std::latch started(1);
  std::latch release(1);
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 1, .queue_limit = 1});
    ASSERT_TRUE(pool.Post([&] {
      started.count_down();
      release.wait();
    }));
    started.wait();
    EXPECT_TRUE(pool.Post([&ran] { ++ran; }));
    EXPECT_FALSE(pool.Post([&ran] { ++ran; }));
    release.count_down();
  }
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPoolTest, RefusesATaskThatHoldsMoreThanIsLeftUntilAnotherHasRun) {
  std::latch started(1);
  std::latch release(1);
  WorkerPool pool({.threads = 1, .memory_limit_bytes = 100});
  EXPECT_FALSE(pool.Post([] {}, 101));
  ASSERT_TRUE(pool.Post(
      [&] {
        started.count_down();
        release.wait();
      },
      60));
  started.wait();
  ASSERT_TRUE(pool.Post([] {}, 40));  // what runs still holds its own
  EXPECT_FALSE(pool.Post([] {}, 1));
  std::latch idle(1);
  ASSERT_TRUE(pool.Post([&] { idle.count_down(); }));
  release.count_down();
  idle.wait();
  EXPECT_TRUE(pool.Post([] {}, 100));
}

TEST(WorkerPoolTest, BeatsWhileItHasNothingToDo) {
  const WorkerPool pool({.threads = 2});
  EXPECT_TRUE(testing::BeatsOn(*pool.pulse()));
}

TEST(WorkerPoolTest, BeatsWhileOneOfItsThreadsIsThere) {
  std::latch started(1);
  std::latch release(1);
  WorkerPool pool({.threads = 2});
  ASSERT_TRUE(pool.Post([&] {
    started.count_down();
    release.wait();
  }));
  started.wait();
  EXPECT_TRUE(testing::BeatsOn(*pool.pulse()));
  release.count_down();
}

// However much waits for it.
TEST(WorkerPoolTest, BeatsNoMoreOnceAllItsThreadsHangAndAgainWhenOneComesRound) {
  std::latch started(2);
  std::latch release(1);
  WorkerPool pool({.threads = 2});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.Post([&] {
      started.count_down();
      release.wait();
    }));
  }
  started.wait();
  const Pulse::Instant hung = Pulse::Now();
  ASSERT_TRUE(pool.Post([] {}));
  const Pulse::Instant later = hung + absl::ToChronoNanoseconds(2 * Pulse::kDefaultBound);
  EXPECT_EQ(CheckPulses({pool.pulse()}, later).code(), absl::StatusCode::kUnavailable);
  EXPECT_LE(pool.pulse()->last_beat(), hung);
  release.count_down();
  EXPECT_TRUE(testing::BeatsAgain(*pool.pulse()));
}

}  // namespace
}  // namespace base

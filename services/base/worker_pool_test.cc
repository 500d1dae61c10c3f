#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

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

}  // namespace
}  // namespace base

#include "cert/dispatch/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<FairQueue::Key> Drain(FairQueue& queue) {
  std::vector<FairQueue::Key> keys;
  while (const auto key = queue.Front()) {
    keys.push_back(*key);
    queue.Pop();
  }
  return keys;
}

TEST(FairQueueTest, TenantsTakeTurns) {
  FairQueue queue;
  for (const FairQueue::Key key : {1U, 2U, 3U, 4U}) queue.PushBack("big", key);
  queue.PushBack("small", 10);
  queue.PushBack("other", 20);
  EXPECT_THAT(Drain(queue), ElementsAre(1, 10, 20, 2, 3, 4));
  EXPECT_EQ(queue.Size(), 0U);
}

TEST(FairQueueTest, ATenantThatComesBackWaitsForItsTurn) {
  FairQueue queue;
  queue.PushBack("a", 1);
  queue.PushBack("b", 2);
  queue.Pop();
  queue.PushBack("a", 3);
  queue.PushBack("b", 4);
  EXPECT_THAT(Drain(queue), ElementsAre(2, 3, 4));
}

TEST(FairQueueTest, FrontComesFirstAmongItsTenantsOnly) {
  FairQueue queue;
  queue.PushBack("a", 1);
  queue.PushBack("b", 2);
  queue.PushBack("b", 3);
  queue.PushFront("b", 4);
  EXPECT_THAT(Drain(queue), ElementsAre(1, 4, 2, 3));
}

TEST(FairQueueTest, ErasedKeysAreNeverServed) {
  FairQueue queue;
  queue.PushBack("a", 1);
  queue.PushBack("a", 2);
  queue.PushBack("b", 3);
  queue.Erase(1);
  queue.Erase(3);
  queue.Erase(99);
  EXPECT_FALSE(queue.Contains(1));
  EXPECT_TRUE(queue.Contains(2));
  EXPECT_THAT(queue.Keys(), ElementsAre(2));
  EXPECT_THAT(Drain(queue), ElementsAre(2));
  EXPECT_THAT(queue.Keys(), IsEmpty());
}

}  // namespace
}  // namespace cert

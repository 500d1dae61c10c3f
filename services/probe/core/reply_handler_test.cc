#include "probe/core/reply_handler.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace probe {
namespace {

TEST(ReplyHandlerTest, CallsWhatItHoldsWithTheReply) {
  Reply::Kind seen = Reply::Kind::kTimeout;
  ReplyHandler handler([&seen](const Reply& reply) { seen = reply.kind; });
  handler({.kind = Reply::Kind::kUnreachable});
  EXPECT_EQ(seen, Reply::Kind::kUnreachable);
}

TEST(ReplyHandlerTest, MovesWhatItHoldsAndEndsItOnce) {
  const auto held = std::make_shared<int>(0);
  {
    ReplyHandler first([held](const Reply&) { ++*held; });
    ReplyHandler second(std::move(first));
    EXPECT_FALSE(first);  // NOLINT: a handler that was moved from is empty
    EXPECT_EQ(held.use_count(), 2);
    second({});
    ReplyHandler third([](const Reply&) {});
    third = std::move(second);
    third({});
    EXPECT_EQ(held.use_count(), 2);
    third = ReplyHandler();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(third);
  }
  EXPECT_EQ(*held, 2);
}

struct Foreseeing {
  int* seen;

  void operator()(const Reply& /*reply*/) const {}
  void Prefetch(int step) const { *seen = step; }
};

TEST(ReplyHandlerTest, PassesOnThatItWillBeCalledToWhoeverPrepares) {
  int seen = 0;
  const ReplyHandler handler(Foreseeing{&seen});
  handler.Prefetch(2);
  EXPECT_EQ(seen, 2);
  ReplyHandler([](const Reply&) {}).Prefetch(0);  // does nothing
  ReplyHandler().Prefetch(0);
}

}  // namespace
}  // namespace probe

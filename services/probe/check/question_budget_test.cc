#include "probe/check/question_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/check/testing/manual_asker.h"
#include "probe/check/testing/virtual_time.h"

namespace probe {
namespace {

using ::probe::testing::ManualAsker;
using ::probe::testing::VirtualTime;
using ::testing::SizeIs;

TEST(QuestionBudgetTest, TakesAnswersThatCameSinceTheCheckBeganAndNoOlderOnes) {
  VirtualTime time;
  ManualAsker asker;
  QuestionBudget budget(asker, time, time, /*limit=*/2);
  budget.Ask({.timeout = absl::Seconds(1)}, [](const Reply&) {});
  time.RunFor(absl::Milliseconds(300));
  budget.Ask({.timeout = absl::Seconds(1)}, [](const Reply&) {});
  ASSERT_THAT(asker.asked(), SizeIs(2));
  EXPECT_EQ(asker.asked()[0].max_age, absl::ZeroDuration());
  EXPECT_EQ(asker.asked()[1].max_age, absl::Milliseconds(300));
}

TEST(QuestionBudgetTest, SaysOfQuestionsBeyondItThatTheyWereNotAsked) {
  VirtualTime time;
  ManualAsker asker;
  QuestionBudget budget(asker, time, time, /*limit=*/0);
  Reply::Kind kind = Reply::Kind::kAnswered;
  budget.Ask({.timeout = absl::Seconds(1)}, [&](const Reply& reply) { kind = reply.kind; });
  EXPECT_EQ(kind, Reply::Kind::kAnswered) << "not from within Ask";
  time.RunDue();
  EXPECT_EQ(kind, Reply::Kind::kNotAsked);
  EXPECT_THAT(asker.asked(), SizeIs(0));
}

}  // namespace
}  // namespace probe

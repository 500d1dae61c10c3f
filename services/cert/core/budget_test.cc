#include "cert/core/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cert {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr BudgetLimit kLimit{.most = 2, .refill = absl::Seconds(10)};

TEST(SpendTest, AllowsSoManyAtOnceAndThenSaysHowLongToWait) {
  const Spent first = Spend(kLimit, std::nullopt, kNow);
  EXPECT_EQ(first.wait, std::nullopt);
  const Spent second = Spend(kLimit, first.budget, kNow);
  EXPECT_EQ(second.wait, std::nullopt);
  const Spent third = Spend(kLimit, second.budget, kNow + absl::Seconds(4));
  ASSERT_TRUE(third.wait.has_value());
  EXPECT_NEAR(absl::ToDoubleSeconds(*third.wait), 6, 0.001);
  EXPECT_EQ(Spend(kLimit, third.budget, kNow + absl::Seconds(11)).wait, std::nullopt);
}

TEST(SpendTest, NeverSavesUpMoreThanTheMost) {
  Budget budget{.left = 0, .time = kNow};
  for (int i = 0; i < 2; ++i) {
    const Spent spent = Spend(kLimit, budget, kNow + absl::Hours(1));
    EXPECT_EQ(spent.wait, std::nullopt);
    budget = spent.budget;
  }
  EXPECT_TRUE(Spend(kLimit, budget, kNow + absl::Hours(1)).wait.has_value());
}

TEST(SpendTest, TakesAClockThatWentBackForOneThatStoodStill) {
  const Budget empty{.left = 0, .time = kNow};
  EXPECT_EQ(Spend(kLimit, empty, kNow - absl::Hours(1)).wait, absl::Seconds(10));
}

}  // namespace
}  // namespace cert

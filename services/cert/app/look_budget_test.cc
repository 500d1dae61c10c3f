#include "cert/app/look_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/retry_delay.h"
#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;

constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const TenantId kFirstTenant("a");
const TenantId kSecondTenant("b");

absl::Status Look(LookBudget& budget, const TenantId& tenant, absl::Time now) {
  absl::Status begun = budget.Begin(tenant, now);
  if (begun.ok()) budget.End();
  return begun;
}

TEST(LookBudgetTest, GivesEachTenantABurstAndThenOneInAWhile) {
  LookBudget budget({.burst = 2, .refill = absl::Minutes(1)});
  EXPECT_THAT(Look(budget, kFirstTenant, kStart), IsOk());
  EXPECT_THAT(Look(budget, kFirstTenant, kStart), IsOk());
  const absl::Status refused = Look(budget, kFirstTenant, kStart);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("in 61 s"));
  EXPECT_EQ(base::RetryDelayOf(refused), absl::Seconds(61));
  EXPECT_THAT(Look(budget, kSecondTenant, kStart), IsOk());
  EXPECT_THAT(Look(budget, kFirstTenant, kStart + absl::Seconds(59)),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Look(budget, kFirstTenant, kStart + absl::Minutes(1)), IsOk());
}

TEST(LookBudgetTest, LetsOnlySoManyBeUnderWay) {
  LookBudget budget({.at_once = 1});
  EXPECT_THAT(budget.Begin(kFirstTenant, kStart), IsOk());
  EXPECT_THAT(budget.Begin(kSecondTenant, kStart), StatusIs(absl::StatusCode::kResourceExhausted));
  budget.End();
  EXPECT_THAT(budget.Begin(kSecondTenant, kStart), IsOk());
}

}  // namespace
}  // namespace cert

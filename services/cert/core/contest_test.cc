#include "cert/core/contest.h"

#include <gtest/gtest.h>

namespace cert {
namespace {

constexpr absl::Time kHolderProved = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kOneDay = absl::Hours(24);

Claim Held(std::optional<absl::Time> notice_time = std::nullopt) {
  return {.hostname = "shop.test",
          .tenant = TenantId("a"),
          .domain = DomainId("dom_a"),
          .prove_time = kHolderProved,
          .notice_time = notice_time};
}

Domain Challenger(ValidationMethod method, absl::Time create_time) {
  return {.tenant = TenantId("b"),
          .id = DomainId("dom_b"),
          .hostname = "shop.test",
          .method = method,
          .create_time = create_time};
}

TEST(JudgeContestTest, AValueFromBeforeTheLastProofNeverWins) {
  for (const auto method :
       {ValidationMethod::kDelegation, ValidationMethod::kTxt, ValidationMethod::kHttp}) {
    for (const absl::Time made : {kHolderProved - kOneDay, kHolderProved}) {
      const auto told = Held(kHolderProved + kOneDay);
      EXPECT_EQ(JudgeContest(told, Challenger(method, made), kHolderProved + 100 * kOneDay),
                Contest::kTooOld);
    }
  }
}

TEST(JudgeContestTest, ADelegationWinsAtOnce) {
  const Domain challenger =
      Challenger(ValidationMethod::kDelegation, kHolderProved + absl::Seconds(1));
  EXPECT_EQ(JudgeContest(Held(), challenger, kHolderProved + absl::Minutes(1)), Contest::kTakeOver);
}

TEST(JudgeContestTest, WithoutADelegationTheHolderHasSevenDaysFromBeingTold) {
  for (const auto method : {ValidationMethod::kTxt, ValidationMethod::kHttp}) {
    const Domain challenger = Challenger(method, kHolderProved + kOneDay);
    const absl::Time told = kHolderProved + 2 * kOneDay;
    EXPECT_EQ(JudgeContest(Held(), challenger, told), Contest::kTellHolder);
    EXPECT_EQ(JudgeContest(Held(told), challenger, told), Contest::kWait);
    EXPECT_EQ(JudgeContest(Held(told), challenger, told + 7 * kOneDay - absl::Seconds(1)),
              Contest::kWait);
    EXPECT_EQ(JudgeContest(Held(told), challenger, told + 7 * kOneDay), Contest::kTakeOver);
  }
}

}  // namespace
}  // namespace cert

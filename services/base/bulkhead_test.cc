#include "base/bulkhead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "base/testing/status_matchers.h"

namespace base {
namespace {

using ::absl::StatusCode;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using Outcome = Bulkhead::Outcome;

constexpr absl::Duration kNever = absl::Hours(1);
constexpr absl::Duration kPatience = absl::Seconds(30);

// A call that is going on until it is told how it ends.
class Call {
 public:
  explicit Call(Bulkhead& bulkhead)
      : status_(std::async(std::launch::async, [this, &bulkhead] {
          return bulkhead.Run(
              Deadline::After(kPatience),
              [this] {
                begun_.set_value();
                outcome_.get_future().wait();
                return absl::OkStatus();
              },
              [this](const absl::Status&) { return outcome_value_; });
        })) {}

  bool Begins() {
    return begun_.get_future().wait_for(absl::ToChronoNanoseconds(kPatience)) ==
           std::future_status::ready;
  }
  void End(Outcome outcome) {
    outcome_value_ = outcome;
    outcome_.set_value();
    EXPECT_THAT(status_.get(), IsOk());
  }

 private:
  std::promise<void> begun_;
  std::promise<void> outcome_;
  Outcome outcome_value_ = Outcome::kAnswered;
  std::future<absl::Status> status_;
};

std::unique_ptr<Call> Begin(Bulkhead& bulkhead) {
  auto call = std::make_unique<Call>(bulkhead);
  EXPECT_TRUE(call->Begins());
  return call;
}

absl::Status Try(Bulkhead& bulkhead, absl::Duration patience = kPatience) {
  return bulkhead.Run(
      Deadline::After(patience), [] { return absl::OkStatus(); },
      [](const absl::Status&) { return Outcome::kSaysNothing; });
}

void FillPlaces(Bulkhead& bulkhead, int places) {
  std::vector<std::unique_ptr<Call>> calls(static_cast<std::size_t>(places));
  for (auto& call : calls) call = Begin(bulkhead);
  for (const auto& call : calls) call->End(Outcome::kSaysNothing);
}

TEST(BulkheadTest, APlaceIsWaitedForAsLongAsCallsAreQuick) {
  Bulkhead bulkhead({.places = 2, .slow = kNever});
  const auto first = Begin(bulkhead);
  const auto second = Begin(bulkhead);
  Call third(bulkhead);
  first->End(Outcome::kAnswered);
  ASSERT_TRUE(third.Begins());
  second->End(Outcome::kAnswered);
  third.End(Outcome::kAnswered);
}

TEST(BulkheadTest, NobodyWaitsLongerThanItsDeadline) {
  Bulkhead bulkhead({.places = 1, .slow = kNever});
  const auto first = Begin(bulkhead);
  EXPECT_THAT(Try(bulkhead, absl::ZeroDuration()), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Try(bulkhead, absl::Milliseconds(1)), StatusIs(StatusCode::kDeadlineExceeded));
  first->End(Outcome::kAnswered);
}

TEST(BulkheadTest, ASlowPartyIsNotWaitedFor) {
  Bulkhead bulkhead({.places = 2, .slow = absl::ZeroDuration()});
  const auto first = Begin(bulkhead);
  const auto second = Begin(bulkhead);
  EXPECT_THAT(Try(bulkhead), StatusIs(StatusCode::kDeadlineExceeded));
  first->End(Outcome::kAnswered);
  second->End(Outcome::kAnswered);
}

TEST(BulkheadTest, ASingleCallAsksASilentParty) {
  Bulkhead bulkhead({.places = 3, .slow = absl::ZeroDuration()});
  Begin(bulkhead)->End(Outcome::kUnanswered);
  for (const Outcome outcome : {Outcome::kUnanswered, Outcome::kSaysNothing, Outcome::kAnswered}) {
    const auto asks = Begin(bulkhead);
    EXPECT_THAT(Try(bulkhead), StatusIs(StatusCode::kResourceExhausted));
    asks->End(outcome);
  }
  FillPlaces(bulkhead, 3);
}

TEST(BulkheadTest, NobodyWaitsLongerThanAFifthOfWhatIsSlow) {
  Bulkhead bulkhead({.places = 1, .slow = absl::Seconds(10)});
  const auto first = Begin(bulkhead);
  const Deadline slow = Deadline::After(absl::Seconds(10));
  EXPECT_THAT(Try(bulkhead), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_FALSE(slow.Expired());
  first->End(Outcome::kAnswered);
}

TEST(BulkheadTest, OneThatIsLeftAloneAmongAnsweredOnesIsNoSilence) {
  Bulkhead bulkhead({.places = 3, .slow = absl::ZeroDuration()});
  const auto left_alone = Begin(bulkhead);
  Begin(bulkhead)->End(Outcome::kAnswered);
  left_alone->End(Outcome::kUnanswered);
  FillPlaces(bulkhead, 3);
}

TEST(BulkheadTest, ASilenceIsForgottenWhenNobodyAsks) {
  Bulkhead bulkhead({.places = 3, .slow = absl::ZeroDuration(), .memory = absl::ZeroDuration()});
  Begin(bulkhead)->End(Outcome::kUnanswered);
  FillPlaces(bulkhead, 3);
}

TEST(BulkheadTest, WhatIsLostAtOnceIsNoSilence) {
  Bulkhead bulkhead({.places = 3, .slow = kNever});
  Begin(bulkhead)->End(Outcome::kUnanswered);
  FillPlaces(bulkhead, 3);
}

}  // namespace
}  // namespace base

#include "cert/publication/bounded_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::absl::StatusCode;
using ::base::testing::IsOk;
using ::base::testing::StatusIs;

// Asks `during` before it returns.
class WaitingPublisher final : public Publisher {
 public:
  absl::Status Publish(const std::vector<TxtRecord>&, base::Deadline) override { return Run(); }
  absl::Status Withdraw(const std::vector<TxtRecord>&, base::Deadline) override { return Run(); }

  std::function<void()> during;
  absl::Status status;

 private:
  absl::Status Run() {
    if (auto once = std::exchange(during, nullptr)) once();
    return status;
  }
};

class BoundedPublisherTest : public ::testing::Test {
 protected:
  absl::Status Publish() { return publisher_.Publish({}, Soon()); }
  absl::Status Withdraw() { return publisher_.Withdraw({}, Soon()); }
  // While another change is being made.
  absl::Status PublishBeside() {
    absl::Status beside;
    script_->during = [&] { beside = Publish(); };
    Withdraw().IgnoreError();
    return beside;
  }
  static base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }

  WaitingPublisher* const script_ = new WaitingPublisher;
  BoundedPublisher publisher_{std::unique_ptr<Publisher>(script_),
                              {.places = 2, .slow = absl::ZeroDuration()}};
};

TEST_F(BoundedPublisherTest, SlowServersHoldUpNoMoreThanTheirPlaces) {
  absl::Status third;
  script_->during = [&] {
    script_->during = [&] { third = Publish(); };
    EXPECT_THAT(Withdraw(), IsOk());
  };
  EXPECT_THAT(Publish(), IsOk());
  EXPECT_THAT(third, StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(BoundedPublisherTest, WhatTheyDoNotShowKeepsNothingBack) {
  for (const absl::Status& status :
       {absl::UnavailableError("still shows"), absl::DeadlineExceededError("no answer"),
        absl::PermissionDeniedError("NOTAUTH")}) {
    script_->status = status;
    EXPECT_EQ(Publish(), status);
    EXPECT_EQ(PublishBeside(), status);
  }
}

}  // namespace
}  // namespace cert

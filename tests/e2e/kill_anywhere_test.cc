// kill -9 of padlock-cert at any of its messages to the CA, to PostgreSQL or to a nameserver,
// before the message arrives or before its reply does: the same order goes on. An order has
// hundreds of messages; this takes those that change something outside, and some of the commits.
// `./dev chaos --every-message` takes them all, for every method, for renewals and revocations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "e2e/order_run.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::lab::Moment;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t kLabs = 4;

void ExpectToStandAll(Disturbance disturb, const std::vector<MessagePoint>& messages,
                      absl::Duration lease) {
  std::vector<RunPoint> points;
  for (const MessagePoint& message : messages) points.push_back({.at = message});
  std::size_t tried = 0;
  const absl::Status done = DisturbAtEach(
      disturb, points, kLabs,
      [&tried](const RunOutcome& outcome) {
        ++tried;
        EXPECT_THAT(outcome.message, IsOkAndHolds(Not(IsEmpty())))
            << "at " << outcome.point.at.start << " " << outcome.point.at.number;
      },
      lease);
  EXPECT_THAT(done, IsOk());
  EXPECT_EQ(tried, points.size());
}

TEST(KillAnywhereTest, AKilledReplicaGoesOnWithTheSameOrder) {
  std::vector<MessagePoint> points;
  for (const Moment moment : {Moment::kBeforeDelivery, Moment::kBeforeReply}) {
    for (const char* request : {"CA /order-plz", "CA /chalZ", "CA /finalize-order", "CA /certZ",
                                "primary UPDATE", "secondary QUERY"}) {
      points.push_back({.number = 1, .start = request, .moment = moment});
    }
    for (std::size_t commit = 1; commit <= 13; commit += 3) {
      points.push_back({.number = commit, .start = "PostgreSQL COMMIT", .moment = moment});
    }
  }
  ExpectToStandAll(&OrderRun::KillAt, points, kLongLease);
}

// Stopped longer than its lease, a replica does not know that another has taken over.
TEST(KillAnywhereTest, APausedReplicaDoesNothingAfterItsLease) {
  ExpectToStandAll(
      &OrderRun::PauseAt,
      {
          {.number = 1, .start = "CA /order-plz", .moment = Moment::kBeforeReply},
          {.number = 1, .start = "CA /authZ", .moment = Moment::kBeforeReply},
          {.number = 1, .start = "CA /chalZ", .moment = Moment::kBeforeReply},
          {.number = 1, .start = "CA /my-order", .moment = Moment::kBeforeReply},
          {.number = 1, .start = "primary UPDATE", .moment = Moment::kBeforeReply},
          {.number = 9, .start = "PostgreSQL COMMIT", .moment = Moment::kBeforeReply},
          {.number = 11, .start = "PostgreSQL COMMIT", .moment = Moment::kBeforeDelivery},
          {.number = 13, .start = "PostgreSQL COMMIT", .moment = Moment::kBeforeReply},
      },
      kShortLease);
}

}  // namespace
}  // namespace e2e

#include "chaos/messages.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "e2e/order_run.h"

namespace chaos {
namespace {

constexpr std::size_t kShownOctets = 60;

struct Count {
  int survived = 0;
  int ended_before = 0;
  int failed = 0;
};

// Both moments of each message of an order that is not disturbed.
std::vector<e2e::RunPoint> EachPoint(e2e::Purpose purpose, std::size_t messages) {
  std::vector<e2e::RunPoint> points;
  for (std::size_t number = 1; number <= messages; ++number) {
    for (const auto moment : {lab::Moment::kBeforeDelivery, lab::Moment::kBeforeReply}) {
      points.push_back({.purpose = purpose, .at = {.number = number, .moment = moment}});
    }
  }
  return points;
}

absl::StatusOr<std::vector<e2e::RunPoint>> DrawPoints(const MessagePlan& plan) {
  ASSIGN_OR_RETURN(const std::unique_ptr<e2e::OrderRun> run, e2e::OrderRun::Start());
  std::mt19937_64 random(plan.seed);
  std::vector<e2e::RunPoint> points;
  for (const e2e::Purpose purpose : plan.purposes) {
    ASSIGN_OR_RETURN(const std::vector<std::string> messages, run->Record(purpose));
    std::cout << absl::StrFormat("%s: an order is %d messages", e2e::PurposeName(purpose),
                                 messages.size())
              << std::endl;
    std::vector<e2e::RunPoint> all = EachPoint(purpose, messages.size());
    const std::size_t wanted = plan.sample == 0 ? all.size() : std::min(plan.sample, all.size());
    std::sample(all.begin(), all.end(), std::back_inserter(points), wanted, random);
  }
  return points;
}

// An order is not always the same number of messages, such as questions whether it is done yet.
std::string Describe(const e2e::RunOutcome& outcome) {
  if (!outcome.message.ok()) return "FAILED " + std::string(outcome.message.status().message());
  if (outcome.message->empty()) return "this order ended before";
  return outcome.message->substr(0, kShownOctets);
}

void Print(const e2e::RunOutcome& outcome) {
  const bool before = outcome.point.at.moment == lab::Moment::kBeforeDelivery;
  std::cout << absl::StrFormat("%-10s %4d %s  %s", e2e::PurposeName(outcome.point.purpose),
                               outcome.point.at.number, before ? "before" : "after ",
                               absl::StrReplaceAll(Describe(outcome), {{"\n", " "}}))
            << std::endl;
}

void Add(const e2e::RunOutcome& outcome, Count& count) {
  if (!outcome.message.ok()) {
    ++count.failed;
  } else if (outcome.message->empty()) {
    ++count.ended_before;
  } else {
    ++count.survived;
  }
}

}  // namespace

absl::Status KillAtMessages(const MessagePlan& plan) {
  if (plan.sample > 0) std::cout << absl::StrFormat("seed %d\n", plan.seed);
  ASSIGN_OR_RETURN(const std::vector<e2e::RunPoint> points, DrawPoints(plan));
  std::map<e2e::Purpose, Count> counts;
  RETURN_IF_ERROR(e2e::DisturbAtEach(&e2e::OrderRun::KillAt, points, plan.labs,
                                     [&counts](const e2e::RunOutcome& outcome) {
                                       Print(outcome);
                                       Add(outcome, counts[outcome.point.purpose]);
                                     }));
  int failed = 0;
  for (const auto& [purpose, count] : counts) {
    failed += count.failed;
    std::cout << absl::StrFormat("%s: %d kills survived, %d orders ended before, %d FAILED\n",
                                 e2e::PurposeName(purpose), count.survived, count.ended_before,
                                 count.failed);
  }
  if (failed == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("%d kills were not survived", failed));
}

}  // namespace chaos

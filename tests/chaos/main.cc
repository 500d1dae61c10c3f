// padlock-chaos: faults against a whole lab, and what is left of it.
//
//   padlock-chaos --seed N --minutes M    a random mix of all faults under load
//   padlock-chaos --every-message         kill -9 at each message of an order, before and after it

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "chaos/campaign.h"
#include "e2e/order_run.h"

namespace {

constexpr std::size_t kShownOctets = 60;

std::vector<e2e::MessagePoint> EachPoint(std::size_t messages) {
  std::vector<e2e::MessagePoint> points;
  for (std::size_t number = 1; number <= messages; ++number) {
    for (const auto moment : {lab::Moment::kBeforeDelivery, lab::Moment::kBeforeReply}) {
      points.push_back({.number = number, .start = "", .moment = moment});
    }
  }
  return points;
}

void Print(const e2e::RunOutcome& outcome) {
  const bool before = outcome.point.moment == lab::Moment::kBeforeDelivery;
  const std::string what = outcome.message.ok()
                               ? outcome.message->substr(0, kShownOctets)
                               : "FAILED " + std::string(outcome.message.status().message());
  std::cout << absl::StrFormat("%4d %s  %s", outcome.point.number, before ? "before" : "after ",
                               absl::StrReplaceAll(what, {{"\n", " "}}))
            << std::endl;
}

absl::Status KillAtEveryMessage(std::size_t labs) {
  std::size_t messages = 0;
  {
    const auto run = e2e::OrderRun::Start();
    if (!run.ok()) return run.status();
    const auto recorded = (*run)->Record();
    if (!recorded.ok()) return recorded.status();
    messages = recorded->size();
  }
  std::cout << absl::StrFormat("an order is %d messages\n", messages);
  int failed = 0;
  const absl::Status done = e2e::DisturbAtEach(&e2e::OrderRun::KillAt, EachPoint(messages), labs,
                                               [&failed](const e2e::RunOutcome& outcome) {
                                                 Print(outcome);
                                                 if (!outcome.message.ok()) ++failed;
                                               });
  if (!done.ok() || failed == 0) return done;
  return absl::DataLossError(absl::StrFormat("%d kills were not survived", failed));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Does to a lab what may happen in production, and checks that nothing is lost.",
               "padlock-chaos");
  chaos::Plan plan;
  double minutes = 1;
  bool every_message = false;
  std::size_t labs = 4;
  app.add_option("--seed", plan.seed, "of all draws");
  app.add_option("--minutes", minutes, "how long faults are made");
  app.add_flag("--every-message", every_message, "kill at each message of an order instead");
  app.add_option("--labs", labs, "at a time, for --every-message");
  CLI11_PARSE(app, argc, argv);

  plan.length = absl::Minutes(1) * minutes;
  const absl::Status status = every_message ? KillAtEveryMessage(labs) : chaos::RunCampaign(plan);
  std::cout << (status.ok() ? "Nothing was lost." : status.ToString()) << std::endl;
  return status.ok() ? 0 : 1;
}

// padlock-chaos: faults against a whole lab, and what is left of it.
//
//   padlock-chaos --seed N --minutes M    a random mix of all faults under load
//   padlock-chaos --every-message [--method M,...] [--sample K --seed N]
//                                         kill -9 at each message of an order, before and after it

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "chaos/campaign.h"
#include "chaos/messages.h"

namespace {

constexpr char kMethods[] =
    "delegation, txt, http, renewal, revocation, with commas between several: what is ordered for "
    "--every-message";

std::vector<std::string> AllNames() {
  std::vector<std::string> names;
  for (const e2e::Purpose purpose : e2e::kPurposes) names.emplace_back(e2e::PurposeName(purpose));
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Does to a lab what may happen in production, and checks that nothing is lost.",
               "padlock-chaos");
  chaos::Plan plan;
  chaos::MessagePlan message_plan;
  double minutes = 1;
  bool every_message = false;
  std::vector<std::string> methods = AllNames();
  app.add_option("--seed", plan.seed, "of all draws");
  app.add_option("--minutes", minutes, "how long faults are made");
  app.add_flag("--every-message", every_message, "kill at each message of an order instead");
  app.add_option("--method", methods, kMethods)->delimiter(',')->check(CLI::IsMember(AllNames()));
  app.add_option("--sample", message_plan.sample, "take so many points of each method alone");
  app.add_option("--labs", message_plan.labs, "at a time, for --every-message");
  CLI11_PARSE(app, argc, argv);

  plan.length = absl::Minutes(1) * minutes;
  message_plan.seed = plan.seed;
  for (const std::string& method : methods) {
    message_plan.purposes.push_back(*e2e::ParsePurpose(method));
  }
  const absl::Status status =
      every_message ? chaos::KillAtMessages(message_plan) : chaos::RunCampaign(plan);
  std::cout << (status.ok() ? "Nothing was lost." : status.ToString()) << std::endl;
  return status.ok() ? 0 : 1;
}

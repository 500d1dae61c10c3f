// The load of a campaign: a tenant whose customers keep adding domains, as callers that go on
// trying through any outage.

#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "chaos/schedule.h"
#include "e2e/tenant.h"
#include "lab/lab.h"

namespace chaos {

class Customers {
 public:
  static constexpr char kTenant[] = "chaos";

  struct Done {
    std::vector<e2e::pb::Domain> wanted;  // to be served in the end
    int deleted = 0;
    int failed_calls = 0;  // and repeated
    absl::Status status;   // what kept them from going on, if anything did
  };

  // Begins at once, in a thread of its own. `lab` must outlive it.
  Customers(lab::Lab& lab, std::uint64_t seed);

  // Adds no more, and returns what was done.
  Done Stop();

 private:
  void Run(const std::stop_token& stop);
  absl::Status AddOne(int number);
  // Calls until the answer is not that the service is away.
  template <typename Call>
  auto Insist(const char* name, Call call) -> decltype(call());

  lab::Lab& lab_;
  Draw draw_;
  std::unique_ptr<e2e::Tenant> tenant_;
  Done done_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace chaos

// Begins faults one after the other, some of them at the same time, and heals them.

#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/deadline.h"
#include "chaos/faults.h"

namespace chaos {

// The same seed makes the same draws; what comes of them depends on the machine's timing too.
using Draw = std::mt19937_64;

// Confined to one thread.
class Schedule {
 public:
  Schedule(std::vector<Fault> faults, std::uint64_t seed);

  // Returns when all are healed, soon after `end`; prints each as it begins.
  absl::Status Run(base::Deadline end);

  // How often each began.
  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  struct AtWork {
    const Fault* fault;
    base::Deadline end;
  };

  absl::Status BeginOne();
  absl::Status WaitAndHeal(base::Deadline end);
  absl::Status Heal(absl::FunctionRef<bool(const AtWork&)> is_due);

  const std::vector<Fault> faults_;
  Draw draw_;
  std::vector<AtWork> at_work_;
  std::map<std::string, int> counts_;
};

}  // namespace chaos

// What a campaign does to a lab: each fault begins, lasts a while, and is healed.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lab/lab.h"

namespace chaos {

struct Fault {
  std::string name;
  std::string part;        // of the lab: at most one fault at a time is at work on a part
  absl::Duration longest;  // that it lasts
  std::function<absl::Status()> begin;
  std::function<absl::Status()> heal;
};

// All that a lab with relays, two replicas and three workers is to stand. `lab` must outlive them.
std::vector<Fault> AllFaults(lab::Lab& lab);

// The one after which orders and accounts that the CA knew are gone.
inline constexpr char kLostMemory[] = "restart the CA without its memory";

}  // namespace chaos

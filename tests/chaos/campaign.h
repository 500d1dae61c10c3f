// A seeded mix of all faults over a lab under load; then everything is healed, comes to rest, and
// must be as if nothing had happened.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace chaos {

struct Plan {
  std::uint64_t seed = 1;
  absl::Duration length = absl::Minutes(1);
};

// Prints each fault as it begins, and at the end what was done. DATA_LOSS, saying what, when an
// invariant (e2e/invariants.h) is broken or a domain is not served; other errors are the lab's own.
absl::Status RunCampaign(const Plan& plan);

}  // namespace chaos

// kill -9 at each of an order's messages, or at a sample of them, before it is delivered and before
// its reply is.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "e2e/course.h"

namespace chaos {

struct MessagePlan {
  std::vector<e2e::Purpose> purposes;
  std::size_t sample = 0;  // how many points of each purpose; 0 is all of them
  std::uint64_t seed = 1;  // of the sample
  std::size_t labs = 4;    // at a time
};

// Prints each point, and at the end how many there were. DATA_LOSS when a kill was not survived;
// other errors are the lab's own.
absl::Status KillAtMessages(const MessagePlan& plan);

}  // namespace chaos

// How long to wait after the n-th failure in a row. Pure: the jitter is drawn by the caller, who
// stores or uses the result once.

#pragma once

#include "absl/time/time.h"

namespace base {

struct BackoffPolicy {
  absl::Duration initial = absl::Seconds(1);
  absl::Duration cap = absl::Minutes(5);
  double multiplier = 2;  // ≥ 1
};

// The full delay is min(initial · multiplier^(failures − 1), cap). Returns a point in its upper
// half, chosen by `fraction` in [0, 1) (base::Random::Fraction), so that those who failed together
// do not come back together. `failures` below 1 counts as 1.
absl::Duration BackoffDelay(const BackoffPolicy& policy, int failures, double fraction);

}  // namespace base

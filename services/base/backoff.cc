#include "base/backoff.h"

#include <algorithm>

namespace base {

absl::Duration BackoffDelay(const BackoffPolicy& policy, int failures, double fraction) {
  absl::Duration delay = policy.initial;
  // Ends at the cap, so that no count of failures overflows; a multiplier of 1 never gets there.
  for (int i = 1; i < failures && delay < policy.cap && policy.multiplier > 1; ++i) {
    delay *= policy.multiplier;
  }
  delay = std::min(delay, policy.cap);
  return delay / 2 + delay * (fraction / 2);
}

}  // namespace base

#include "probe/core/token_bucket.h"

#include <algorithm>

namespace probe {

std::optional<absl::Time> TokenBucket::Take(const Pace& pace, absl::Time now, absl::Time latest) {
  const absl::Time use_time = std::max(now, full_time_ - pace.slack());
  if (use_time > latest) return std::nullopt;
  full_time_ = std::max(now, full_time_) + pace.interval();
  return use_time;
}

}  // namespace probe

// A point on the local monotonic clock by which something must be done. Leases, outside calls and
// checks are bounded by it, because a wall clock may be stepped while they run.

#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace base {

// Immutable.
class Deadline {
 public:
  static Deadline After(absl::Duration duration) {
    return Deadline(std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(duration));
  }

  // Never negative.
  absl::Duration Remaining() const {
    const auto left = time_ - std::chrono::steady_clock::now();
    return std::max(absl::FromChrono(left), absl::ZeroDuration());
  }
  bool Expired() const { return Remaining() == absl::ZeroDuration(); }

  // The earlier of this deadline and `duration` from now.
  Deadline Within(absl::Duration duration) const { return std::min(*this, After(duration)); }

  friend bool operator<(const Deadline& a, const Deadline& b) { return a.time_ < b.time_; }

 private:
  explicit Deadline(std::chrono::steady_clock::time_point time) : time_(time) {}

  std::chrono::steady_clock::time_point time_;
};

}  // namespace base

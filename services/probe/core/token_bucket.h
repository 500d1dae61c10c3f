// How often one server is asked: a token bucket, kept as the one time at which it is full again
// (the generic cell rate algorithm, ITU-T I.371). Pure; time is passed in and must not go
// backwards.

#pragma once

#include <optional>

#include "absl/time/time.h"

namespace probe {

// So many at once, and in the long run so many a second. Both are positive.
struct RateLimit {
  double per_second = 100;
  int burst = 100;

  bool operator==(const RateLimit&) const = default;
};

// Immutable value: a RateLimit in the terms that a bucket reckons in.
class Pace {
 public:
  explicit Pace(const RateLimit& limit)
      : interval_(absl::Seconds(1 / limit.per_second)), slack_((limit.burst - 1) * interval_) {}

  absl::Duration interval() const { return interval_; }
  // How far ahead of an even pace a full bucket may run.
  absl::Duration slack() const { return slack_; }

 private:
  absl::Duration interval_;
  absl::Duration slack_;
};

// Starts full. Confined to one thread; always used with the same pace.
class TokenBucket {
 public:
  // Takes the next token and returns the moment from which it may be used: now, or later when it
  // had to be borrowed. Unset, with nothing taken, if that would be after `latest`.
  std::optional<absl::Time> Take(const Pace& pace, absl::Time now, absl::Time latest);

 private:
  absl::Time full_time_ = absl::InfinitePast();
};

}  // namespace probe

// When to look at a customer's records again. The documented backoff is the upper bound, the moment
// at which the DNS can have changed the real one.

#pragma once

#include <optional>

#include "absl/time/time.h"

namespace cert {

// min(floor(60 s * b^n), 4 h) with b = 1.05 for n < 10 and 1.15 from there: 60, 63, 66, 69, …, 93,
// 242, 279, …, 14400 seconds. `tries` counts from 0.
absl::Duration Backoff(int tries);

// Ownership ends after 75 tries or 7 days, whichever comes later: the tries take 7.06 days.
struct Schedule {
  int max_tries = 75;
  absl::Duration max_age = absl::Hours(24 * 7);
};

// Validation is given up with the first order that fails more than 14.5 days after the start, as
// long as 120 tries by Backoff() take. We try more often.
inline constexpr absl::Duration kValidationAge = absl::Hours(348);

// From this age on a caller is told what to do now, rather than to wait.
inline constexpr absl::Duration kPatienceAge = absl::Hours(72);

struct Look {
  int tries = 0;                                 // looks since `start_time`
  absl::Time start_time = absl::InfinitePast();  // of the creation or the last recheck
  std::optional<absl::Time> caches_expire_time = std::nullopt;  // agreement.h
};

// The next look. In the first ten minutes after the start: after 5 s, but where only resolvers'
// caches are in the way right after the first of them expires (a second later, when it did while
// the look was going on), or a minute if that comes first. Later: by Backoff, or earlier when a
// cache expires, but not within a minute. `jitter` in [0, 1) moves it by up to a tenth of the
// pause, never beyond those bounds.
absl::Time NextLook(const Look& look, absl::Time now, double jitter);

// True when the schedule is used up. Looks of the first ten minutes beyond the documented ones do
// not count against it.
bool IsUsedUp(const Schedule& schedule, const Look& look, absl::Time now);

// The pause before the next order after `failed_orders` in a row: 1, 10, 100 minutes, then a day;
// not less than what the CA asked for, of which at most 7 days are believed.
absl::Duration OrderPause(int failed_orders, std::optional<absl::Duration> retry_after);

// The pause before repeating a step that failed `tries` times for a passing reason: at most 2, 4, …
// 60 s, and at least half of that, by `jitter` in [0, 1).
absl::Duration StepPause(int tries, double jitter);

}  // namespace cert

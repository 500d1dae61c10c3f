// Waits for a part to come round. A beat tells nobody, so these look again and again.

#pragma once

#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/pulse.h"

namespace base::testing {

// Whether it beats after `begin`, within 10 s.
inline bool BeatsAfter(const Pulse& pulse, Pulse::Instant begin) {
  const Deadline deadline = Deadline::After(absl::Seconds(10));
  while (pulse.last_beat() <= begin && !deadline.Expired()) absl::SleepFor(absl::Milliseconds(5));
  return pulse.last_beat() > begin;
}

// Whether it comes round once more: it was held up, and is not any longer.
inline bool BeatsAgain(const Pulse& pulse) { return BeatsAfter(pulse, Pulse::Now()); }

// Whether it goes on, though what has just happened to it is over.
inline bool BeatsOn(const Pulse& pulse) {
  return BeatsAfter(pulse, Pulse::Now() + absl::ToChronoNanoseconds(Pulse::kLongestWait / 2));
}

}  // namespace base::testing

// Tells a part that hangs from one that is busy, waits or has nothing to do: each beats whenever it
// comes round, and one that has not done so for longer than its bound hangs.
//
//   a part's thread:  work, or wait for kLongestWait at most --> Beat() --> and so on
//   /livez:           CheckPulses() --> who has not beaten for too long
//
// By the steady clock only, so that a wall clock that is stepped ends nothing. Being without a
// database, a CA or workers is no reason not to come round.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace base {

// Of one part: a thread, or several that take the same work, which hang when all of them do.
// Thread-safe.
class Pulse {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // How long a part that has nothing to do may wait before it beats.
  static constexpr absl::Duration kLongestWait = absl::Seconds(1);
  // Longer than anything that one of our threads may take. The longest is a step: it holds its
  // thread for a lease's length, 30 s at most, then asks a database that may be silent for 15 s,
  // and connects anew. No timeout bounds the system's resolver in that: where it does not answer,
  // each host costs it 10 s for each of its search domains, by default (resolv.conf(5)).
  static constexpr absl::Duration kDefaultBound = absl::Minutes(3);

  static Instant Now() { return std::chrono::steady_clock::now(); }

  // `part` is what it is called when it hangs. Being made counts as a beat.
  explicit Pulse(std::string part, absl::Duration bound = kDefaultBound, Instant now = Now())
      : part_(std::move(part)), bound_(bound), last_beat_(now) {}
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  void Beat(Instant now = Now()) { last_beat_.store(now, std::memory_order_relaxed); }

  const std::string& part() const { return part_; }
  absl::Duration bound() const { return bound_; }
  Instant last_beat() const { return last_beat_.load(std::memory_order_relaxed); }

 private:
  const std::string part_;
  const absl::Duration bound_;
  std::atomic<Instant> last_beat_;
};

using PulsePtr = std::shared_ptr<const Pulse>;
// A part that is gone does not hang.
using Pulses = std::vector<std::weak_ptr<const Pulse>>;

// OK unless one hangs at `now`; otherwise UNAVAILABLE, with all that do, and for how long.
absl::Status CheckPulses(const Pulses& pulses, Pulse::Instant now = Pulse::Now());

}  // namespace base

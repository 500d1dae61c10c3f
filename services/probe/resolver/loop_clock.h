// Another clock, read once for everything that happens together in a loop, as the loop's own time
// is: a check asks for the time at every turn.

#pragma once

#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"
#include "probe/resolver/event_loop.h"

namespace probe {

// Confined to its loop's thread.
class LoopClock final : public base::Clock {
 public:
  // Both must outlive it.
  LoopClock(const EventLoop& loop, const base::Clock& clock) : loop_(loop), clock_(clock) {}

  absl::Time TimeNow() const override {
    const EventLoop::Time now = loop_.now();
    if (read_at_ != now) {
      read_at_ = now;
      time_ = clock_.TimeNow();
    }
    return time_;
  }

 private:
  const EventLoop& loop_;
  const base::Clock& clock_;
  mutable std::optional<EventLoop::Time> read_at_;
  mutable absl::Time time_;
};

}  // namespace probe

// Time that only goes forwards, whatever happens to the machine's clock: for paces and pauses, not
// for dates.

#pragma once

#include <chrono>

#include "absl/time/time.h"
#include "base/clock.h"

namespace probe {

// Thread-safe.
class MonotonicClock final : public base::Clock {
 public:
  absl::Time TimeNow() const override {
    return absl::UnixEpoch() +
           absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace probe

// The wall clock, injected so that tests can move it. absl::Now() appears in clock.cc only.

#pragma once

#include "absl/time/time.h"

namespace base {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time TimeNow() const = 0;
};

// The machine's clock; lives for ever.
const Clock& SystemClock();

}  // namespace base

// Calls something later, on the thread of whoever asks. The event loop's (resolver/event_loop.h),
// or in tests those of a simulated world, in which time passes at once.

#pragma once

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace probe {

// Confined to its loop's thread.
class Timers {
 public:
  using Task = absl::AnyInvocable<void()>;
  enum class TimerId : std::uint64_t {};

  virtual ~Timers() = default;

  // Never calls `task` before it has returned, however short the time.
  virtual TimerId After(absl::Duration delay, Task task) = 0;
  // Harmless for a timer that has fired.
  virtual void CancelTimer(TimerId timer) = 0;
};

}  // namespace probe

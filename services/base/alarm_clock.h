// Calls back at given times, on a thread of its own.

#pragma once

#include <map>
#include <stop_token>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace base {

// Thread-safe.
class AlarmClock {
 public:
  using Task = absl::AnyInvocable<void()>;

  AlarmClock();
  // Waits for the task that runs; drops those whose time has not come.
  ~AlarmClock();
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;

  // `task` is called once `time` has passed. Others wait for it, so it must not block.
  void At(Deadline time, Task task);

 private:
  void Run(const std::stop_token& stop);

  Mutex mutex_;
  CondVar changed_;
  std::multimap<Deadline, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace base

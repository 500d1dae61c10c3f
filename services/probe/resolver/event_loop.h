// One thread's event loop: file descriptors (epoll), timers and a mailbox for other threads. All
// that a worker's loop does, it does between two calls of epoll_wait, so nothing in it needs locks.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/pulse.h"
#include "probe/core/timers.h"
#include "probe/resolver/timer_wheel.h"

struct epoll_event;

namespace probe {

// Post, Stop and pulse are thread-safe; everything else is confined to the thread that runs Run.
class EventLoop final : public Timers {
 public:
  enum class TaskId : std::uint64_t {};
  using Time = std::chrono::steady_clock::time_point;
  // Told which of its events (EPOLLIN, …) came.
  using Handler = absl::AnyInvocable<void(std::uint32_t events)>;

  // RESOURCE_EXHAUSTED when there are no file descriptors left.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs `task` on the loop's thread, in the order of posting. Tasks posted before Stop are run.
  void Post(Task task);
  void Stop();

  // Until Stop.
  void Run();

  base::PulsePtr pulse() const { return pulse_; }

  // Fires at most two milliseconds late while the loop has time.
  TimerId After(absl::Duration delay, Task task) override;
  void CancelTimer(TimerId timer) override;

  // The same for alarms; must be cleared before they and the loop are gone.
  void SetAlarm(TimerWheel::Alarm& alarm, std::chrono::nanoseconds delay);
  void ClearAlarm(TimerWheel::Alarm& alarm) { timers_.Clear(alarm); }

  // The monotonic clock, read once for everything that happens together: between two handlers of
  // events.
  Time now() const;

  // Runs `task` each time before the loop waits, to send what has gathered meanwhile.
  TaskId BeforeWaiting(Task task);
  void RemoveBeforeWaiting(TaskId id);

  // Replaces what was watched for `fd` before.
  void Watch(int fd, std::uint32_t events, Handler handler);
  void Unwatch(int fd);

 private:
  EventLoop(int epoll_fd, int mailbox_fd);

  TimerWheel::Tick TickOf(Time time) const;
  TimerWheel::Tick TickIn(std::chrono::nanoseconds delay) const;
  int MillisecondsToNextTimer() const;
  void HandleEvents(std::span<const epoll_event> events);
  void RunPosted();

  const std::shared_ptr<base::Pulse> pulse_ = std::make_shared<base::Pulse>("resolver loop");
  const int epoll_fd_;
  const int mailbox_fd_;
  const Time start_time_;
  std::optional<Time> now_;  // while running
  TimerWheel timers_;        // a tick is a millisecond from start_time_
  std::vector<std::pair<TaskId, Task>> before_waiting_;
  std::uint64_t next_task_ = 1;
  absl::flat_hash_map<int, std::shared_ptr<Handler>> handlers_;
  base::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace probe

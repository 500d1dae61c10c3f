// One thread's event loop: file descriptors (epoll), timers and a mailbox for other threads. All
// that a worker's loop does, it does between two calls of epoll_wait, so nothing in it needs locks.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "probe/core/timers.h"

namespace probe {

// Post and Stop are thread-safe; everything else is confined to the thread that runs Run.
class EventLoop final : public Timers {
 public:
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

  TimerId After(absl::Duration delay, Task task) override;
  void CancelTimer(TimerId timer) override;

  // Replaces what was watched for `fd` before.
  void Watch(int fd, std::uint32_t events, Handler handler);
  void Unwatch(int fd);

 private:
  EventLoop(int epoll_fd, int mailbox_fd);

  int MillisecondsToNextTimer() const;
  void RunTimers();
  void RunPosted();

  const int epoll_fd_;
  const int mailbox_fd_;
  // By due time, and a number that makes it unique.
  using TimerKey = std::pair<std::chrono::steady_clock::time_point, TimerId>;

  std::map<TimerKey, Task> timers_;
  absl::flat_hash_map<TimerId, std::chrono::steady_clock::time_point> due_times_;
  std::uint64_t next_timer_ = 0;
  absl::flat_hash_map<int, std::shared_ptr<Handler>> handlers_;
  base::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace probe

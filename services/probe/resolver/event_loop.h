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

namespace probe {

// Post and Stop are thread-safe; everything else is confined to the thread that runs Run.
class EventLoop {
 public:
  using Task = absl::AnyInvocable<void()>;
  // Told which of its events (EPOLLIN, …) came.
  using Handler = absl::AnyInvocable<void(std::uint32_t events)>;
  // Due time and a number that makes it unique.
  using TimerId = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;

  // RESOURCE_EXHAUSTED when there are no file descriptors left.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs `task` on the loop's thread, in the order of posting. Tasks posted before Stop are run.
  void Post(Task task);
  void Stop();

  // Until Stop.
  void Run();

  // Never calls `task` before it has returned, however short the time.
  TimerId After(absl::Duration delay, Task task);
  // Harmless for a timer that has fired.
  void CancelTimer(const TimerId& timer);

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
  std::map<TimerId, Task> timers_;
  std::uint64_t next_timer_ = 0;
  absl::flat_hash_map<int, std::shared_ptr<Handler>> handlers_;
  base::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace probe

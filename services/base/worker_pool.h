// A fixed number of threads behind a queue that is bounded in tasks and in the memory that they
// hold: where gRPC handlers put what may block.

#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"
#include "base/pulse.h"

namespace base {

// Thread-safe.
class WorkerPool {
 public:
  struct Options {
    int threads = 4;
    std::size_t queue_limit = 256;  // tasks waiting, not counting the running ones
    // Of what tasks hold, waiting and running together, as Post() was told.
    std::size_t memory_limit_bytes = std::size_t{32} << 20U;
    std::string part = "pool";  // what its pulse is called
  };
  using Task = absl::AnyInvocable<void()>;

  explicit WorkerPool(Options options);
  // Runs what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // `held_bytes`: memory that the task keeps until it has run, such as a parsed request. False when
  // the queue is full or the pool is closing; the task is dropped then, and the caller answers
  // RESOURCE_EXHAUSTED.
  [[nodiscard]] bool Post(Task task, std::size_t held_bytes = 0);

  // Beats as long as one of the threads comes round.
  PulsePtr pulse() const { return pulse_; }

 private:
  struct Posted {
    Task task;
    std::size_t held_bytes = 0;
  };

  void Run();

  const std::size_t queue_limit_;
  const std::size_t memory_limit_bytes_;
  const std::shared_ptr<Pulse> pulse_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Posted> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace base

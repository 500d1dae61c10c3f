// A fixed number of threads behind a bounded queue: where gRPC handlers put what may block.

#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"

namespace base {

// Thread-safe.
class WorkerPool {
 public:
  struct Options {
    int threads = 4;
    std::size_t queue_limit = 256;  // tasks waiting, not counting the running ones
  };
  using Task = absl::AnyInvocable<void()>;

  explicit WorkerPool(Options options);
  // Runs what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is closing; the task is dropped then, and the caller
  // answers RESOURCE_EXHAUSTED.
  [[nodiscard]] bool Post(Task task);

 private:
  void Run();

  const std::size_t queue_limit_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace base

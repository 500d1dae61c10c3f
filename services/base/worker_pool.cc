#include "base/worker_pool.h"

#include <utility>

namespace base {

WorkerPool::WorkerPool(Options options)
    : queue_limit_(options.queue_limit),
      memory_limit_bytes_(options.memory_limit_bytes),
      pulse_(std::make_shared<Pulse>(std::move(options.part))) {
  threads_.reserve(static_cast<std::size_t>(options.threads));
  for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  wake_.NotifyAll();
  threads_.clear();  // joins, while the members that they use still live
}

bool WorkerPool::Post(Task task, std::size_t held_bytes) {
  {
    MutexLock lock(mutex_);
    if (closing_ || queue_.size() >= queue_limit_) return false;
    if (held_bytes > memory_limit_bytes_ - held_bytes_) return false;
    held_bytes_ += held_bytes;
    queue_.push_back({std::move(task), held_bytes});
  }
  wake_.NotifyOne();
  return true;
}

void WorkerPool::Run() {
  std::size_t freed_bytes = 0;  // that the task held which has just run
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      held_bytes_ -= freed_bytes;
      for (pulse_->Beat(); queue_.empty() && !closing_; pulse_->Beat()) {
        wake_.WaitFor(mutex_, Pulse::kLongestWait);
      }
      if (queue_.empty()) return;
      task = std::move(queue_.front().task);
      freed_bytes = queue_.front().held_bytes;
      queue_.pop_front();
    }
    std::move(task)();
  }
}

}  // namespace base

#include "base/alarm_clock.h"

#include <utility>

namespace base {

AlarmClock::AlarmClock() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

AlarmClock::~AlarmClock() {
  {
    // Or the thread could miss it between its look and its wait.
    MutexLock lock(mutex_);
    thread_.request_stop();
  }
  changed_.NotifyAll();
  thread_.join();
}

void AlarmClock::At(Deadline time, Task task) {
  MutexLock lock(mutex_);
  tasks_.emplace(time, std::move(task));
  changed_.NotifyAll();
}

void AlarmClock::Run(const std::stop_token& stop) {
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (!stop.stop_requested() && (tasks_.empty() || !tasks_.begin()->first.Expired())) {
        if (tasks_.empty()) {
          changed_.Wait(mutex_);
        } else {
          changed_.WaitFor(mutex_, tasks_.begin()->first.Remaining());
        }
      }
      if (stop.stop_requested()) return;
      task = std::move(tasks_.extract(tasks_.begin()).mapped());
    }
    std::move(task)();
  }
}

}  // namespace base

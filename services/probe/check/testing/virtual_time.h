// Timers and a clock of one time that passes only when it is told to.

#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "base/clock.h"
#include "probe/core/timers.h"

namespace probe::testing {

// Confined to one thread.
class VirtualTime final : public Timers, public base::Clock {
 public:
  absl::Time TimeNow() const override { return now_; }

  TimerId After(absl::Duration delay, Task task) override {
    const TimerId id{next_++};
    tasks_.emplace(std::pair{now_ + delay, id}, std::move(task));
    return id;
  }
  void CancelTimer(TimerId timer) override {
    std::erase_if(tasks_, [timer](const auto& task) { return task.first.second == timer; });
  }

  // Runs what becomes due until then, each at its own time.
  void RunFor(absl::Duration duration) {
    const absl::Time end = now_ + duration;
    while (!tasks_.empty() && tasks_.begin()->first.first <= end) {
      now_ = std::max(now_, tasks_.begin()->first.first);
      auto node = tasks_.extract(tasks_.begin());
      node.mapped()();
    }
    now_ = end;
  }
  // What is due already.
  void RunDue() { RunFor(absl::ZeroDuration()); }
  std::size_t TimerCount() const { return tasks_.size(); }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::uint64_t next_ = 0;
  std::map<std::pair<absl::Time, TimerId>, Task> tasks_;
};

}  // namespace probe::testing

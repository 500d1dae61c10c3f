// Virtual time: a clock that stands still while something happens, and jumps to whatever is due
// next.

#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "probe/core/timers.h"

namespace scenarios {

inline constexpr absl::Time kStartTime = absl::FromUnixSeconds(1'800'000'000);

// Confined to one thread, though a base::Clock.
class Timeline final : public base::Clock, public probe::Timers {
 public:
  absl::Time TimeNow() const override { return now_; }

  TimerId After(absl::Duration delay, Task task) override {
    const std::uint64_t id = next_id_++;
    const absl::Time due = now_ + delay;
    tasks_.emplace(Key{due, id}, std::move(task));
    due_times_[id] = due;
    return TimerId{id};
  }
  void CancelTimer(TimerId timer) override {
    const auto found = due_times_.find(static_cast<std::uint64_t>(timer));
    if (found == due_times_.end()) return;
    tasks_.erase(Key{found->second, found->first});
    due_times_.erase(found);
  }

  // Until nothing is left to do.
  void Run() {
    while (!tasks_.empty()) {
      auto next = tasks_.extract(tasks_.begin());
      now_ = next.key().first;
      due_times_.erase(next.key().second);
      next.mapped()();
    }
  }
  void AdvanceTo(absl::Time time) { now_ = time; }

 private:
  using Key = std::pair<absl::Time, std::uint64_t>;  // those due at once in their order

  absl::Time now_ = kStartTime;
  std::uint64_t next_id_ = 1;
  std::map<Key, Task> tasks_;
  absl::flat_hash_map<std::uint64_t, absl::Time> due_times_;
};

}  // namespace scenarios

#include "base/bulkhead.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace base {

absl::StatusOr<Bulkhead::Place> Bulkhead::Enter(Deadline deadline) {
  const Deadline patience = deadline.Within(options_.slow / 5);
  MutexLock lock(mutex_);
  while (true) {
    if (!silence_.Expired() && !calls_.empty()) {
      return absl::ResourceExhaustedError(
          "not tried: the last try had no answer, and another one still waits for it");
    }
    if (static_cast<int>(calls_.size()) < options_.places) break;
    const Deadline oldest = calls_.front().slow;
    if (oldest.Expired() || patience.Expired()) {
      return absl::DeadlineExceededError(
          absl::StrFormat("not tried: %d tries wait for answers", options_.places));
    }
    left_.WaitFor(mutex_, std::min(oldest, patience).Remaining());
  }
  return calls_.insert(calls_.end(), {.slow = Deadline::After(options_.slow)});
}

void Bulkhead::Leave(Place place, Outcome outcome) {
  MutexLock lock(mutex_);
  const Ongoing call = *place;
  calls_.erase(place);
  if (outcome == Outcome::kAnswered) {
    silence_ = Deadline::After(absl::ZeroDuration());
    for (Ongoing& other : calls_) other.others_answered = true;
  }
  const bool silent =
      outcome == Outcome::kUnanswered && call.slow.Expired() && !call.others_answered;
  if (silent) silence_ = Deadline::After(options_.memory);
  left_.NotifyAll();
}

}  // namespace base

#include "base/bulkhead.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace base {

absl::StatusOr<Bulkhead::Place> Bulkhead::Enter(Deadline deadline) {
  MutexLock lock(mutex_);
  while (true) {
    if (silent_ && !calls_.empty()) {
      return absl::UnavailableError(
          "not tried: the last try had no answer, and another one still waits for it");
    }
    if (static_cast<int>(calls_.size()) < options_.places) break;
    const Deadline oldest = calls_.front();
    if (oldest.Expired() || deadline.Expired()) {
      return absl::DeadlineExceededError(
          absl::StrFormat("not tried: %d tries wait for answers", options_.places));
    }
    left_.WaitFor(mutex_, std::min(oldest, deadline).Remaining());
  }
  return calls_.insert(calls_.end(), Deadline::After(options_.slow));
}

void Bulkhead::Leave(Place place, Outcome outcome) {
  MutexLock lock(mutex_);
  if (outcome == Outcome::kAnswered) silent_ = false;
  if (outcome == Outcome::kUnanswered && place->Expired()) silent_ = true;
  calls_.erase(place);
  left_.NotifyAll();
}

}  // namespace base

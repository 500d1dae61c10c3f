// Keeps one party outside that does not answer from taking all the threads that others need, too
// (a bulkhead, after M. Nygard, "Release It!"): at most so many calls to it are going on, and a
// single one while it is silent.
//
//   the party                             a call for which there is no place
//   answers                               waits for one, for a fifth of `slow` at most, and gets
//                                         DEADLINE_EXCEEDED then
//   has kept a call for `slow`            DEADLINE_EXCEEDED at once
//   is silent                             RESOURCE_EXHAUSTED at once
//
// It is silent from a call that was left unanswered for `slow`, while no other was answered either,
// until it answers one, or for `memory` after the last such call. While a single call finds out
// whether it answers again, nobody else need wait for that.

#pragma once

#include <list>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace base {

// Thread-safe.
class Bulkhead {
 public:
  struct Options {
    int places = 1;  // at least 1
    absl::Duration slow = absl::Seconds(5);
    absl::Duration memory = absl::Minutes(2);
  };
  enum class Outcome {
    kAnswered,
    kUnanswered,  // silence, if it took long; what is lost at once holds nobody up
    kSaysNothing,
  };

  explicit Bulkhead(Options options) : options_(options) {}

  // Calls `call` if there is a place, and then `outcome_of` with what it returned, a status or a
  // StatusOr. Errors as above, with what stands in the way; `call` was not called then.
  template <typename Call, typename OutcomeOf>
  std::invoke_result_t<Call> Run(Deadline deadline, Call call, OutcomeOf outcome_of) {
    absl::StatusOr<Place> place = Enter(deadline);
    if (!place.ok()) return place.status();
    auto result = call();
    Leave(*place, outcome_of(result));
    return result;
  }

 private:
  struct Ongoing {
    Deadline slow;                 // when it becomes a slow one
    bool others_answered = false;  // while it was going on
  };
  using Calls = std::list<Ongoing>;  // the oldest first
  using Place = Calls::iterator;

  absl::StatusOr<Place> Enter(Deadline deadline);
  void Leave(Place place, Outcome outcome);

  const Options options_;
  Mutex mutex_;
  CondVar left_;
  Calls calls_ ABSL_GUARDED_BY(mutex_);
  Deadline silence_ ABSL_GUARDED_BY(mutex_) = Deadline::After(absl::ZeroDuration());
};

}  // namespace base

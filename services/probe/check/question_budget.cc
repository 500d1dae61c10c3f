#include "probe/check/question_budget.h"

#include <utility>

namespace probe {

QuestionBudget::QuestionBudget(Asker& asker, Timers& timers, const base::Clock& clock, int limit)
    : asker_(asker), timers_(timers), clock_(clock), begin_time_(clock.TimeNow()), left_(limit) {}

void QuestionBudget::Ask(const Asking& asking, Done done) {
  if (left_ > 0) {
    --left_;
    Asking aged = asking;
    aged.max_age = clock_.TimeNow() - begin_time_;
    return asker_.Ask(aged, std::move(done));
  }
  timers_.After(absl::ZeroDuration(), [done = std::move(done)]() mutable {
    done({.kind = Reply::Kind::kNotAsked,
          .note = "this check has asked as many questions as one check may"});
  });
}

}  // namespace probe

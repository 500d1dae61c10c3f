// How many questions one check may put to nameservers, and how old their answers may be: not older
// than the check. Every question follows from what a zone's owner publishes: nameservers,
// addresses, CNAMEs, labels under which to look for CAA.

#pragma once

#include "absl/time/time.h"
#include "base/clock.h"
#include "probe/core/asker.h"
#include "probe/core/timers.h"

namespace probe {

// Enough for a chain of three zones with 13 nameservers of two addresses each, all of which differ,
// and so are asked twice.
inline constexpr int kMaxQuestionsPerCheck = 600;

// Passes on `limit` questions; further ones are kNotAsked. Confined to its loop's thread.
class QuestionBudget final : public Asker {
 public:
  // All must outlive the budget; the check begins now.
  QuestionBudget(Asker& asker, Timers& timers, const base::Clock& clock, int limit);

  void Ask(const Asking& asking, Done done) override;

 private:
  Asker& asker_;
  Timers& timers_;
  const base::Clock& clock_;
  const absl::Time begin_time_;
  int left_;
};

}  // namespace probe

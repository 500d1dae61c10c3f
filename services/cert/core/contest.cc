#include "cert/core/contest.h"

namespace cert {

Contest JudgeContest(const Claim& held, const Domain& challenger, absl::Time now) {
  if (challenger.create_time <= held.prove_time) return Contest::kTooOld;
  if (challenger.method == ValidationMethod::kDelegation) return Contest::kTakeOver;
  if (!held.notice_time) return Contest::kTellHolder;
  return now < *held.notice_time + kNoticePeriod ? Contest::kWait : Contest::kTakeOver;
}

}  // namespace cert

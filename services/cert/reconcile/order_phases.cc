#include "cert/reconcile/order_phases.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/core/diagnosis.h"
#include "cert/core/findings.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kFirstPoll = absl::Milliseconds(50);
constexpr absl::Duration kSlowestPoll = absl::Seconds(5);
// In the end, at a CA that would be asked again at once each time.
constexpr absl::Duration kHastiestPoll = absl::Seconds(1);
constexpr absl::Duration kLongestRetryAfter = absl::Hours(24);

}  // namespace

Conclusion Conclude(const OrderJob& job, Setback setback) {
  if (setback.account_is_gone) job.accounts.Forget(job.authority.name);
  const bool gives_up = setback.disposition != Disposition::kRetryStep;
  if (gives_up && setback.refused_signature &&
      job.accounts.HasNewKey(job.authority, OutsideDeadline(job.services, job.lease))) {
    setback.disposition = Disposition::kRetryStep;
  }
  if (setback.disposition != Disposition::kRetryStep) {
    return {.event = GivenUp{}, .setback = std::move(setback)};
  }
  const absl::Duration pause = StepPause(job.order.progress.tries, job.services.random.Fraction());
  const absl::Duration asked =
      std::min(setback.retry_after.value_or(absl::ZeroDuration()), kLongestRetryAfter);
  return {.event = Retry{}, .retry_in = std::max(pause, asked), .setback = std::move(setback)};
}

Conclusion PollAgain(const OrderJob& job, std::optional<absl::Duration> retry_after) {
  const absl::Duration pause =
      std::min(kFirstPoll * std::exp2(std::min(job.order.progress.tries, 8)), kSlowestPoll);
  Conclusion conclusion{.event = Retry{},
                        .only_leads_on = true,
                        .retry_in = std::clamp(retry_after.value_or(pause),
                                               std::min(pause, kHastiestPoll), kLongestRetryAfter)};
  const absl::Time since = job.order.progress.start_time;
  if (job.now - since > kUsualWait) {
    conclusion.only_leads_on = false;
    conclusion.setback =
        Setback{.finding = CaUnavailableFinding(
                    job.authority.name,
                    absl::StrFormat("it has been at the order since %s", base::UtcText(since)))};
  }
  return conclusion;
}

std::optional<Setback> OutOfTime(const OrderJob& job) {
  const absl::Duration remaining = OutsideDeadline(job.services, job.lease).Remaining();
  if (remaining > job.services.options.commit_margin) return std::nullopt;
  return SetbackOf(absl::DeadlineExceededError("it is asked about the other names next"),
                   job.authority.name);
}

}  // namespace cert

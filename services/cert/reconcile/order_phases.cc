#include "cert/reconcile/order_phases.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/core/challenge.h"
#include "cert/core/diagnosis.h"
#include "cert/core/findings.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kFirstPoll = absl::Milliseconds(50);
constexpr absl::Duration kSlowestPoll = absl::Seconds(5);
// Lower bound once the back-off has grown, for a CA whose Retry-After always says 'at once'.
constexpr absl::Duration kHastiestPoll = absl::Seconds(1);
constexpr absl::Duration kLongestRetryAfter = absl::Hours(24);
// A CA whose orders live no longer than this is not sent one after the other.
constexpr absl::Duration kShortOrderLife = absl::Minutes(10);

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
  const absl::Time since = job.order.progress.start_time;
  const absl::Duration pause = std::clamp((job.now - since) / 2, kFirstPoll, kSlowestPoll);
  Conclusion conclusion{.event = Retry{.counts = false, .forgets = true},
                        .only_leads_on = true,
                        .retry_in = std::clamp(retry_after.value_or(pause),
                                               std::min(pause, kHastiestPoll), kLongestRetryAfter)};
  if (job.now - since > kUsualWait) {
    conclusion.only_leads_on = false;
    conclusion.setback =
        Setback{.finding = CaUnavailableFinding(
                    job.authority.name,
                    absl::StrFormat("it has been at the order since %s", base::UtcText(since)))};
  }
  return conclusion;
}

bool IsPastItsEnd(const OrderJob& job) {
  return job.order.expire_time && *job.order.expire_time < job.now + kLeastLife;
}

Conclusion PastItsEnd(const OrderJob& job) {
  Setback setback{.disposition = Disposition::kNewOrder,
                  .finding = OrderExpiredFinding(job.authority.name, job.order.finding)};
  // The customer took longer than the tokens live, which is nobody's fault.
  setback.nobodys_fault =
      NeedsCustomer(job.order) && job.now - job.order.intent_time > kShortOrderLife;
  return {.event = GivenUp{}, .setback = std::move(setback)};
}

std::optional<Setback> OutOfTime(const OrderJob& job) {
  const absl::Duration remaining = OutsideDeadline(job.services, job.lease).Remaining();
  if (remaining > job.services.options.commit_margin) return std::nullopt;
  return SetbackOf(absl::DeadlineExceededError("it is asked about the other names next"),
                   job.authority.name);
}

}  // namespace cert

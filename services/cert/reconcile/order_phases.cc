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
constexpr absl::Duration kLongestRetryAfter = absl::Hours(24);
// For a CA to validate or to issue; its owner is told of an order that takes longer.
constexpr absl::Duration kUsualWait = absl::Minutes(10);

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
                        .retry_in = std::min(retry_after.value_or(pause), kLongestRetryAfter)};
  const absl::Time since = job.order.progress.start_time;
  if (job.now - since > kUsualWait) {
    conclusion.setback =
        Setback{.finding = CaUnavailableFinding(
                    job.authority.name,
                    absl::StrFormat("it has been at the order since %s", base::UtcText(since)))};
  }
  return conclusion;
}

absl::StatusOr<OrderProgress> Passed(const Passage& passage, const OrderProgress& stored,
                                     absl::Time now) {
  OrderProgress progress = stored;
  if (stored.state != passage.from) return progress;
  for (const OrderEvent& event : passage.events) {
    ASSIGN_OR_RETURN(progress, Advance(progress, event, now));
  }
  return progress;
}

absl::Status Pass(OrderJob& job, const OrderEvent& event) {
  ASSIGN_OR_RETURN(job.order.progress, Advance(job.order.progress, event, job.now));
  job.passage.events.push_back(event);
  return absl::OkStatus();
}

absl::StatusOr<bool> Save(OrderJob& job) {
  OrderProgress progress;
  RETURN_IF_ERROR(
      job.services.store.Checkpoint(job.lease, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const Order stored, transaction.GetOrder(job.order.id));
        ASSIGN_OR_RETURN(progress, Passed(job.passage, stored.progress, transaction.now()));
        Order order = job.order;
        order.progress = progress;
        return transaction.UpdateOrder(order);
      }));
  if (progress.state != job.order.progress.state) return false;
  job.order.progress = progress;
  job.passage = {.from = progress.state, .evidence = std::move(job.passage.evidence)};
  return true;
}

Setback OurTrouble(const absl::Status& status) {
  return {.disposition = Disposition::kRetryStep,
          .finding = ServiceTroubleFinding(absl::StatusCodeToString(status.code()))};
}

}  // namespace cert

// An order that we give up is closed at the CA by deactivating what is pending there (RFC 8555
// 7.5.2), so that it counts against no limit of pending authorizations and cannot be answered.

#include <utility>

#include "base/log.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

bool IsOver(const OrderJob& job) {
  return job.order.expire_time && *job.order.expire_time <= job.now;
}

// Passing trouble only; a refusal means that there is nothing left to deactivate.
std::optional<Setback> Deactivate(const OrderJob& job) {
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<AcmeAccount> account = job.accounts.Get(job.authority, deadline);
  if (auto* setback = std::get_if<Setback>(&account)) return std::move(*setback);
  for (const Authorization& authorization : job.order.authorizations) {
    if (authorization.valid) continue;
    Outcome<Done> done = Sort(job.authority.client->DeactivateAuthorization(
                                  std::get<AcmeAccount>(account), authorization.url, deadline),
                              job.authority.name);
    auto* setback = std::get_if<Setback>(&done);
    if (setback == nullptr) continue;
    if (setback->disposition == Disposition::kRetryStep) return std::move(*setback);
    base::Log(base::LogLevel::kInfo, "authorization not deactivated",
              {{"order", job.order.id.text()}, {"error", setback->finding.sentence}});
  }
  return std::nullopt;
}

}  // namespace

Conclusion CloseOrder(OrderJob& job) {
  if (!IsOver(job)) {
    if (std::optional<Setback> setback = Deactivate(job)) {
      return Conclude(job, *std::move(setback));
    }
  }
  return WithdrawTokens(job);
}

}  // namespace cert

// An order that we give up is closed at the CA by deactivating what is pending there (RFC 8555
// 7.5.2), so that it counts against no limit of pending authorizations and cannot be answered.

#include <utility>

#include "base/log.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

bool IsExpired(const OrderJob& job) {
  return job.order.expire_time && *job.order.expire_time <= job.now;
}

// Without its challenge's URL an authorization is closed, and so is one that was answered, which
// the CA has judged or judges. One that was never read has no token to withdraw.
bool IsClosed(const Authorization& authorization) {
  const bool was_read = !authorization.identifier.empty();
  return authorization.valid || (was_read && authorization.challenge_url.empty());
}
void Close(Authorization& authorization) {
  if (authorization.identifier.empty()) authorization.valid = true;
  authorization.challenge_url.clear();
}

// Passing trouble only; a refusal means that there is nothing left to deactivate. The next lease
// goes on where this one ran out of time.
std::optional<Setback> Deactivate(OrderJob& job) {
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<AcmeAccount> account = job.accounts.Get(job.authority, deadline);
  if (auto* setback = std::get_if<Setback>(&account)) return std::move(*setback);
  for (Authorization& authorization : job.order.authorizations) {
    if (IsClosed(authorization)) continue;
    if (auto setback = OutOfTime(job)) return setback;
    Outcome<Done> done = Sort(job.authority.client->DeactivateAuthorization(
                                  std::get<AcmeAccount>(account), authorization.url, deadline),
                              job.authority.name);
    if (auto* setback = std::get_if<Setback>(&done)) {
      const bool passes =
          setback->disposition == Disposition::kRetryStep ||
          (setback->refused_signature && job.accounts.HasNewKey(job.authority, deadline));
      if (passes) {
        setback->disposition = Disposition::kRetryStep;
        return std::move(*setback);
      }
      base::Log(base::LogLevel::kInfo, "authorization not deactivated",
                {{"order", job.order.id.text()}, {"error", setback->finding.sentence}});
    }
    Close(authorization);
  }
  return std::nullopt;
}

}  // namespace

Conclusion CloseOrder(OrderJob& job) {
  const bool is_configured = job.authority.client != nullptr;
  if (is_configured && !IsExpired(job)) {
    if (std::optional<Setback> setback = Deactivate(job)) {
      return Conclude(job, *std::move(setback));
    }
  }
  return WithdrawTokens(job);
}

}  // namespace cert

// An order that we give up is closed at the CA by deactivating what is pending there (RFC 8555
// 7.5.2), so that it counts against no limit of pending authorizations and cannot be answered.

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/log.h"
#include "cert/reconcile/order_phases.h"

namespace cert {
namespace {

// What cannot be closed by then is left to end by itself.
constexpr absl::Duration kLongestClosing = absl::Minutes(10);

bool IsExpired(const OrderJob& job) {
  return job.order.expire_time && *job.order.expire_time <= job.now;
}

// Without its challenge's URL an authorization is closed. One that was never read has none either.
bool WasRead(const Authorization& authorization) { return !authorization.identifier.empty(); }
bool IsClosed(const Authorization& authorization) {
  return authorization.valid || (WasRead(authorization) && authorization.challenge_url.empty());
}
void Close(Authorization& authorization) {
  if (!WasRead(authorization)) authorization.valid = true;
  authorization.challenge_url.clear();
}

// One that is valid, as it was from the beginning or is since we answered, other orders share.
Outcome<bool> IsPending(const OrderJob& job, const AcmeAccount& account,
                        const Authorization& authorization) {
  if (WasRead(authorization) && !authorization.answered) return true;
  Outcome<AcmeAuthorization> got =
      Sort(job.authority.client->GetAuthorization(account, authorization.url,
                                                  OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&got)) return std::move(*setback);
  return std::get<AcmeAuthorization>(got).status == AcmeAuthorizationStatus::kPending;
}

std::optional<Setback> DeactivateOne(const OrderJob& job, const AcmeAccount& account,
                                     const Authorization& authorization) {
  Outcome<bool> pending = IsPending(job, account, authorization);
  if (auto* setback = std::get_if<Setback>(&pending)) return std::move(*setback);
  if (!std::get<bool>(pending)) return std::nullopt;
  Outcome<Done> done =
      Sort(job.authority.client->DeactivateAuthorization(account, authorization.url,
                                                         OutsideDeadline(job.services, job.lease)),
           job.authority.name);
  if (auto* setback = std::get_if<Setback>(&done)) return std::move(*setback);
  return std::nullopt;
}

// Whether what went wrong is worth another try. A refusal means that there is nothing left to
// deactivate; and what is pending ends by itself, while the next order waits for this one.
bool Passes(const OrderJob& job, const Setback& setback) {
  if (job.now - job.order.progress.start_time > kLongestClosing) return false;
  return setback.disposition == Disposition::kRetryStep ||
         (setback.refused_signature &&
          job.accounts.HasNewKey(job.authority, OutsideDeadline(job.services, job.lease)));
}

// The next lease goes on where this one runs out of time.
std::optional<Setback> Deactivate(OrderJob& job) {
  Outcome<AcmeAccount> account =
      job.accounts.Get(job.authority, OutsideDeadline(job.services, job.lease));
  if (auto* setback = std::get_if<Setback>(&account)) return std::move(*setback);
  for (Authorization& authorization : job.order.authorizations) {
    if (IsClosed(authorization)) continue;
    if (auto setback = OutOfTime(job)) return setback;
    std::optional<Setback> setback =
        DeactivateOne(job, std::get<AcmeAccount>(account), authorization);
    if (setback && Passes(job, *setback)) return setback;
    if (setback) {
      base::Log(base::LogLevel::kInfo, "authorization not deactivated",
                {{"order", job.order.id.text()}, {"error", setback->finding.sentence}});
    }
    Close(authorization);
  }
  return std::nullopt;
}

}  // namespace

Conclusion CloseOrder(OrderJob& job) {
  if (job.authority.client == nullptr) return WithdrawTokens(job);  // it is configured no more
  const absl::Duration left = job.order.progress.start_time + kLongestClosing - job.now;
  std::optional<Conclusion> conclusion;
  if (job.order.finalize_sent && left > absl::ZeroDuration()) conclusion = FetchUnwanted(job);
  if (!conclusion && !IsExpired(job)) {
    std::optional<Setback> setback = Deactivate(job);
    if (setback && Passes(job, *setback)) {
      setback->disposition = Disposition::kRetryStep;
      conclusion = Conclude(job, *std::move(setback));
    }
  }
  if (!conclusion) return WithdrawTokens(job);
  // However long the CA asks to wait.
  conclusion->retry_in = std::min(conclusion->retry_in, std::max(left, absl::Seconds(1)));
  return *std::move(conclusion);
}

}  // namespace cert

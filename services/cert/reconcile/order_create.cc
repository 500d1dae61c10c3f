// newOrder has no idempotency. `new_order_sent` is stored before the request; if the reply is lost,
// whoever holds the order next adopts from the account's list the order with exactly its names that
// no row has. Hence: newOrder requests ≤ stored intents + lost replies. Each is counted against the
// CA's limits in the transaction that stores it as sent, and counted no more once it is known that
// it was not.

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/diagnosis.h"
#include "cert/reconcile/ledger_rules.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/order_request.h"

namespace cert {
namespace {

// The newest orders are looked at first; more than this many lost ones at once is not our doing.
constexpr std::size_t kAdoptionCandidates = 50;
// A request whose reply was lost may still be at work in the CA for this long.
constexpr absl::Duration kLostRequestLife = absl::Seconds(10);

// For the order whose URL it is. Each try is a newOrder that the CA counts, and another tenant's
// order may keep the URL for as long as it lives at the CA.
absl::Duration SharedUrlPause(int tries) {
  return std::min(absl::Minutes(10) * (1 << std::min(tries, 6)), absl::Hours(6));
}

bool SameNames(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

bool IsOpen(const AcmeOrder& order) {
  return order.status == AcmeOrderStatus::kPending || order.status == AcmeOrderStatus::kReady;
}

void Adopt(const AcmeOrder& at_ca, absl::Time now, Order& order) {
  order.order_url = at_ca.url;
  order.finalize_url = at_ca.finalize_url;
  order.expire_time = at_ca.expire_time;
  const bool is_past = order.expire_time && *order.expire_time <= now;
  if (is_past) order.expire_time.reset();  // of an order just made, as from a clock that is wrong
  order.authorizations.clear();
  for (const std::string& url : at_ca.authorization_urls) {
    order.authorizations.push_back({.url = url});
  }
}

absl::StatusOr<std::vector<std::string>> UnknownUrls(const OrderJob& job,
                                                     const std::vector<std::string>& urls) {
  std::vector<std::string> unknown;
  RETURN_IF_ERROR(
      job.services.store.Read(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(unknown, transaction.UnknownOrderUrls(urls));
        return absl::OkStatus();
      }));
  return unknown;
}

// The order at the CA that a lost newOrder made, if it did.
Outcome<std::optional<AcmeOrder>> FindLostOrder(const OrderJob& job, const AcmeAccount& account) {
  const std::string& ca = job.authority.name;
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<std::vector<std::string>> listed =
      Sort(job.authority.client->ListOrders(account, deadline), ca);
  if (auto* setback = std::get_if<Setback>(&listed)) return std::move(*setback);
  absl::StatusOr<std::vector<std::string>> unknown =
      UnknownUrls(job, std::get<std::vector<std::string>>(listed));
  if (!unknown.ok()) return OurTrouble(unknown.status());
  std::ranges::reverse(*unknown);
  unknown->resize(std::min(unknown->size(), kAdoptionCandidates));
  for (const std::string& url : *unknown) {
    Outcome<AcmeOrder> order = Sort(job.authority.client->GetOrder(account, url, deadline), ca);
    if (auto* setback = std::get_if<Setback>(&order)) {
      if (setback->disposition != Disposition::kRetryStep) continue;  // it is none any more
      return std::move(*setback);
    }
    const AcmeOrder& candidate = std::get<AcmeOrder>(order);
    if (IsOpen(candidate) && SameNames(candidate.names, job.order.names)) return candidate;
  }
  return std::nullopt;
}

Conclusion Have(OrderJob& job, const AcmeOrder& at_ca, const std::string& how) {
  Adopt(at_ca, job.now, job.order);
  return {.event = Created{},
          .notes = {{.type = EventType::kOrderCreated,
                     .message = absl::StrFormat("The CA %s %s the order %s.", job.authority.name,
                                                how, job.order.order_url)}}};
}

// Nothing that counts against the CA's limits.
bool WasNotSent(const AcmeReply<AcmeOrder>& reply) {
  if (!reply.ok()) return !absl::IsUnknown(reply.status()) && !absl::IsInternal(reply.status());
  const auto* problem = std::get_if<AcmeProblem>(&*reply);
  return problem != nullptr && (problem->in_preparation || IsForOperators(*problem));
}

// The reply says, or may not say, whether the CA made the order.
Conclusion NotCreated(OrderJob& job, const AcmeReply<AcmeOrder>& reply, Setback setback) {
  const absl::Status& status = reply.status();
  const bool reply_lost = absl::IsUnknown(status) || absl::IsInternal(status);
  if (!reply_lost) job.order.new_order_sent = false;
  if (reply_lost) setback.retry_after = kLostRequestLife;
  Conclusion conclusion = Conclude(job, std::move(setback));
  if (WasNotSent(reply)) conclusion.news.unsent = {.names = job.order.names, .since = job.now};
  return conclusion;
}

Conclusion AtLimit(const OrderJob& job, const LimitWait& wait) {
  Setback setback{.finding = LimitFinding(job.authority.name, wait),
                  .retry_after = wait.end_time - job.now,
                  .wait = wait};
  return Conclude(job, std::move(setback));
}

// Each request is counted before it is sent.
Conclusion SendNewOrder(OrderJob& job, const AcmeAccount& account, AcmeOrderRequest request) {
  const absl::StatusOr<std::optional<LimitWait>> wait = CountNewOrder(job);
  if (absl::IsFailedPrecondition(wait.status())) return {.event = Retry{.counts = false}};
  if (!wait.ok()) return Conclude(job, OurTrouble(wait.status()));
  if (*wait) return AtLimit(job, **wait);
  AcmeReply<AcmeOrder> reply =
      job.authority.client->NewOrder(account, request, OutsideDeadline(job.services, job.lease));
  if (RefusesToReplace(request, reply)) {  // nothing was made, so the count is still to be used
    request.replaces.clear();
    reply =
        job.authority.client->NewOrder(account, request, OutsideDeadline(job.services, job.lease));
  }
  Outcome<AcmeOrder> made = Sort(reply, job.authority.name);
  if (auto* setback = std::get_if<Setback>(&made)) {
    return NotCreated(job, reply, std::move(*setback));
  }
  return Have(job, std::get<AcmeOrder>(made), "made");
}

absl::StatusOr<bool> TakeOverUrl(const OrderJob& job) {
  bool taken = false;
  RETURN_IF_ERROR(
      job.services.store.Write(job.order.tenant, [&](Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(taken, transaction.ReleaseOrderUrl(job.order.order_url));
        return absl::OkStatus();
      }));
  return taken;
}

}  // namespace

Conclusion CreateAtCa(OrderJob& job) {
  const base::Deadline deadline = OutsideDeadline(job.services, job.lease);
  Outcome<AcmeAccount> got = job.accounts.Get(job.authority, deadline);
  if (auto* setback = std::get_if<Setback>(&got)) return Conclude(job, std::move(*setback));
  const AcmeAccount& account = std::get<AcmeAccount>(got);

  if (job.order.new_order_sent) {
    Outcome<std::optional<AcmeOrder>> lost = FindLostOrder(job, account);
    if (auto* setback = std::get_if<Setback>(&lost)) return Conclude(job, std::move(*setback));
    const auto& adopted = std::get<std::optional<AcmeOrder>>(lost);
    if (adopted) return Have(job, *adopted, "had already made");
  }
  Outcome<AcmeOrderRequest> request = MakeOrderRequest(job, account);
  if (auto* setback = std::get_if<Setback>(&request)) return Conclude(job, std::move(*setback));
  return SendNewOrder(job, account, std::get<AcmeOrderRequest>(std::move(request)));
}

Conclusion ShareUrl(OrderJob& job, Conclusion created) {
  const absl::StatusOr<bool> taken = TakeOverUrl(job);
  if (taken.ok() && *taken) return created;
  job.order.new_order_sent = false;
  job.order.order_url.clear();
  job.order.finalize_url.clear();
  job.order.expire_time.reset();
  job.order.authorizations.clear();
  // The CA has counted the request, whatever it answered, and so do we.
  return AtLimit(
      job, {.end_time = job.now + SharedUrlPause(job.order.progress.tries), .reason = kTwinIsOpen});
}

}  // namespace cert

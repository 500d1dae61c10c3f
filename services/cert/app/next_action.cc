#include "cert/app/next_action.h"

#include "absl/strings/str_format.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kEagerPhase = absl::Minutes(10);  // schedule.h
constexpr absl::Duration kPatience = absl::Hours(72);

bool WaitsFor(const Domain& domain, FindingCode code) {
  return domain.finding.has_value() && domain.finding->code == code;
}

std::string PendingReason(const Domain& domain) {
  const DomainProgress& progress = domain.progress;
  if (!domain.check_time.has_value() || *domain.check_time < progress.start_time) {
    return "The records are looked at for the first time.";
  }
  if (WaitsFor(domain, FindingCode::kNoWorkers)) {
    return "No probe worker could look; it is tried again as soon as one may be there.";
  }
  if (WaitsFor(domain, FindingCode::kResolversBehind)) {
    return "Public resolvers may keep the old answer until about then.";
  }
  const absl::Duration age = progress.due_time - progress.start_time;
  if (age <= kEagerPhase) {
    return "In the first ten minutes the records are looked at every few seconds.";
  }
  const int max_tries = Schedule{}.max_tries;
  if (age <= kPatience) {
    return absl::StrFormat(
        "The pauses between looks grow to four hours; this was try %d, looking ends after %d.",
        progress.tries, max_tries);
  }
  return absl::StrFormat(
      "The records have been missing for three days: create them, then ask for a recheck. This was "
      "try %d, looking ends after %d.",
      progress.tries, max_tries);
}

NextAction OrderAction(const Order& order) {
  const absl::Time due = order.progress.due_time;
  switch (order.progress.state) {
    case OrderState::kIntended:
      return {due, "The order is sent to the CA."};
    case OrderState::kPublishing:
      return {due, "The CA's tokens are published in the delegation zone."};
    case OrderState::kPropagating:
      return {due, "The DNS is looked at for the CA's tokens."};
    case OrderState::kValidating:
      return {due, "The CA is asked how its validation went."};
    case OrderState::kFinalizing:
      return {due, "The CA is asked for the certificate."};
    case OrderState::kWithdrawing:
      return {due, "The CA's tokens are withdrawn from the delegation zone."};
    case OrderState::kClosing:
      return {due, "The order is closed at the CA; another one follows."};
    case OrderState::kCompleted:
    case OrderState::kFailed:
      break;
  }
  return {std::nullopt, "The order is over."};
}

NextAction OrderingAction(const Certificate& certificate, const std::optional<Order>& order) {
  if (order.has_value() && !IsTerminal(order->progress.state)) return OrderAction(*order);
  if (certificate.failed_orders == 0) {
    return {certificate.progress.due_time, "An order is opened."};
  }
  return {certificate.progress.due_time,
          absl::StrFormat("The next order is opened after a pause: the last %d failed.",
                          certificate.failed_orders)};
}

}  // namespace

NextAction NextActionOf(const Domain& domain) {
  const absl::Time due = domain.progress.due_time;
  switch (domain.progress.state) {
    case DomainState::kPending:
      return {due, PendingReason(domain)};
    case DomainState::kActive:
      return {due, "The records of a proved domain are looked at daily."};
    case DomainState::kFailed:
      return {std::nullopt,
              "The schedule is used up: put the records right, then ask for a recheck."};
    case DomainState::kDeleting:
      return {due, "Padlock's records are withdrawn from the delegation zone."};
    case DomainState::kDeleted:
      break;
  }
  return {std::nullopt, "The domain is deleted."};
}

NextAction NextActionOf(const Certificate& certificate, const std::optional<Order>& order) {
  switch (certificate.progress.state) {
    case CertificateState::kAwaitingDomain:
      return {certificate.progress.due_time, "It is ordered as soon as its domain is proved."};
    case CertificateState::kOrdering:
    case CertificateState::kRenewing:
      return OrderingAction(certificate, order);
    case CertificateState::kActive:
      return {certificate.progress.due_time, "Renewal begins."};
    case CertificateState::kFailed:
      return {std::nullopt,
              "The CA refused it for good: put right what it says, then ask for a recheck."};
    case CertificateState::kDeleted:
      break;
  }
  return {std::nullopt, "The certificate is deleted."};
}

}  // namespace cert

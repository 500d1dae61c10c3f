#include "cert/app/next_action.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/key_plan.h"
#include "cert/core/schedule.h"

namespace cert {
namespace {

constexpr absl::Duration kEagerPhase = absl::Minutes(10);  // schedule.h

// Why the next look is not governed by the schedule; empty if it is.
std::string FindingReason(const std::optional<Finding>& finding) {
  if (!finding.has_value()) return "";
  switch (finding->code) {
    case FindingCode::kNoWorkers:
      return "No probe worker could look; it is tried again as soon as one may be there.";
    case FindingCode::kResolversBehind:
    case FindingCode::kOldValueCached:
      return "Public resolvers may keep the old answer until about then.";
    case FindingCode::kResolverStuck:
    case FindingCode::kResolverOutage:
      return "Public resolvers are asked again then.";
    case FindingCode::kDelegationBehind:
    case FindingCode::kDelegationUnreachable:
    case FindingCode::kPublicationFailed:
    case FindingCode::kClockSkew:
      return "Padlock tries then to mend what is wrong on its own side.";
    default:
      return "";
  }
}

std::string PendingReason(const Domain& domain) {
  const DomainProgress& progress = domain.progress;
  if (!domain.check_time.has_value() || *domain.check_time < progress.start_time) {
    return "The records are looked at for the first time.";
  }
  if (std::string reason = FindingReason(domain.finding); !reason.empty()) return reason;
  const absl::Duration age = progress.due_time - progress.start_time;
  if (age <= kEagerPhase) {
    return "In the first ten minutes the records are looked at every few seconds.";
  }
  const Schedule schedule;
  const absl::Time end_time = progress.start_time + schedule.max_age;
  if (progress.due_time > end_time) {
    return "The last look could not tell whether the records are there; the next one may.";
  }
  const std::string end = base::UtcText(end_time);
  if (age <= kPatienceAge) {
    return absl::StrFormat(
        "The pauses between looks grow to four hours; this was try %d, looking ends after %d, "
        "about %s.",
        progress.tries, schedule.max_tries, end);
  }
  return absl::StrFormat(
      "The records have been missing for three days: create them, then ask for a recheck. This was "
      "try %d, looking ends after %d, about %s.",
      progress.tries, schedule.max_tries, end);
}

// Why the order's tokens are looked for again then.
std::string PropagatingReason(const Certificate& certificate, const Order& order) {
  if (!order.finding.has_value()) return "The DNS is looked at for the CA's tokens.";
  if (std::string reason = FindingReason(order.finding); !reason.empty()) return reason;
  const std::string tries = absl::StrFormat(
      "The DNS is looked at for the CA's tokens; this was try %d.", order.progress.tries);
  const bool waits_for_good = certificate.issuance.has_value();  // renewals never end
  const absl::Time start = certificate.progress.start_time;
  if (waits_for_good || order.progress.due_time - start <= kPatienceAge) return tries;
  return absl::StrFormat(
      "%s The certificate has been waiting for three days: put right what its finding says, then "
      "ask for a recheck. Validation ends with the first order that ends after %s.",
      tries, base::UtcText(start + kValidationAge));
}

std::string IntendedReason(const Order& order) {
  if (!order.finding.has_value()) return "The order is sent to the CA.";
  switch (order.finding->code) {
    case FindingCode::kCaaForbids:
    case FindingCode::kCaaUnanswerable:
      return "The CAA records are looked at again before the order is opened.";
    case FindingCode::kCaLimitReached:
      return absl::StrFormat(
          "It is looked whether the limits of the CA %s, or another CA, leave room for the order.",
          order.ca);
    default:
      return "The order is sent to the CA.";
  }
}

NextAction OrderAction(const Certificate& certificate, const Order& order) {
  const absl::Time due = order.progress.due_time;
  switch (order.progress.state) {
    case OrderState::kIntended:
      return {due, IntendedReason(order)};
    case OrderState::kPublishing:
      return {due, "The CA's tokens are published in the delegation zone."};
    case OrderState::kPropagating:
      return {due, PropagatingReason(certificate, order)};
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
  if (order.has_value() && !IsTerminal(order->progress.state)) {
    return OrderAction(certificate, *order);
  }
  if (certificate.failed_orders == 0) {
    return {certificate.progress.due_time, "An order is opened."};
  }
  return {certificate.progress.due_time,
          absl::StrFormat("The next order is opened after a pause: the last %d failed.",
                          certificate.failed_orders)};
}

// Whether the next step of a certificate in force is an order for names that it does without.
bool TriesNames(const Certificate& certificate) {
  return std::ranges::any_of(certificate.set_aside, [&](const SetAsideName& name) {
    return name.retry_time <= certificate.progress.due_time;
  });
}

// A CA's renewal window may move (RFC 9773), so it is asked for long before.
NextAction ActiveAction(const Certificate& certificate) {
  const absl::Time due = certificate.progress.due_time;
  const absl::Time renew_time = NextRenewTime(certificate);
  if (due >= renew_time) return {due, "Renewal begins."};
  return {due,
          absl::StrFormat("It is looked whether the CA has moved the renewal, which begins %s.",
                          base::UtcText(renew_time))};
}

std::string EndReason(const std::optional<Finding>& finding) {
  const FindingCode code = finding ? finding->code : FindingCode::kGaveUp;
  switch (code) {
    case FindingCode::kGaveUp:
      return "The schedule is used up: put the records right, then ask for a recheck.";
    case FindingCode::kClaimHeld:
      return "Another tenant has proved the hostname: whoever controls it may contest that with a "
             "challenge.";
    default:
      return "The CA refused it for good: put right what it says, then ask for a recheck.";
  }
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
      return {std::nullopt, EndReason(domain.finding)};
    case DomainState::kDeleting:
      return {due, "Padlock's records are withdrawn from the delegation zone."};
    case DomainState::kDeleted:
      break;
  }
  return {std::nullopt, "The domain is deleted."};
}

NextAction NextActionOf(const Certificate& certificate, const std::optional<Order>& order,
                        std::optional<absl::Time> domain_look_time) {
  switch (certificate.progress.state) {
    case CertificateState::kAwaitingDomain:
      return {domain_look_time.value_or(certificate.progress.due_time),
              "It is ordered as soon as its domain is proved."};
    case CertificateState::kOrdering:
    case CertificateState::kRenewing:
      return OrderingAction(certificate, order);
    case CertificateState::kActive:
      if (TriesNames(certificate)) {
        return {certificate.progress.due_time, "Names that are set aside are tried again."};
      }
      if (certificate.deployment) {
        return {certificate.progress.due_time,
                "A consumer is to confirm that it serves what was issued."};
      }
      return ActiveAction(certificate);
    case CertificateState::kFailed:
      return {std::nullopt, EndReason(certificate.finding)};
    case CertificateState::kDeleted:
      break;
  }
  return {std::nullopt, "The certificate is deleted."};
}

std::optional<absl::Time> FirstLookAt(const std::vector<DomainId>& ids,
                                      const std::map<DomainId, Domain>& domains) {
  std::optional<absl::Time> first;
  for (const DomainId& id : ids) {
    const auto domain = domains.find(id);
    if (domain == domains.end()) continue;
    const DomainProgress& progress = domain->second.progress;
    if (progress.state != DomainState::kPending) continue;
    first = std::min(first.value_or(absl::InfiniteFuture()), progress.due_time);
  }
  return first;
}

}  // namespace cert

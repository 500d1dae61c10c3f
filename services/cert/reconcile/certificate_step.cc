#include "cert/reconcile/certificate_step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cert/core/diagnosis.h"
#include "cert/core/key_plan.h"
#include "cert/keys/caller_csr.h"

namespace cert {
namespace {

// A certificate that waits is woken by its domain or order; this is for a lost wake-up.
constexpr absl::Duration kWatchdog = absl::Hours(1);
// For the order before to be closed at the CA.
constexpr absl::Duration kClosingPause = absl::Seconds(10);

absl::StatusOr<bool> HoldsClaim(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(const std::optional<Claim> claim, transaction.GetClaim(domain.hostname));
  return claim && claim->tenant == domain.tenant && claim->domain == domain.id;
}

absl::StatusOr<Order> MakeOrder(const Services& services, const Certificate& certificate,
                                const Domain& domain, absl::Time now) {
  Order order{.tenant = certificate.tenant,
              .id = OrderId::New(services.random),
              .certificate = certificate.id,
              .ca = certificate.settings.authorities.empty()
                        ? services.authorities.front().name
                        : certificate.settings.authorities.front(),
              .names = certificate.names,
              .key_type = NextKeyType(certificate),
              .request_id = certificate.request_id,
              .progress = {.state = OrderState::kIntended, .start_time = now, .due_time = now},
              .delegation_target = domain.delegation_target,
              .intent_time = now};
  std::ranges::sort(order.names);
  if (order.key_type == KeyType::kCallers) {
    ASSIGN_OR_RETURN(CallerCsr csr, CheckCallerCsr(certificate.settings.csr_pem, order.names));
    order.csr_der = std::move(csr.der);
  }
  return order;
}

absl::Status OpenOrder(const Services& services, Transaction& transaction,
                       Certificate& certificate) {
  ASSIGN_OR_RETURN(const Domain domain, transaction.GetDomain(certificate.domain));
  ASSIGN_OR_RETURN(const bool holds_claim, HoldsClaim(transaction, domain));
  if (!holds_claim) {
    // The domain's next proof takes the claim again, or says who stands in the way.
    certificate.finding = ClaimHeldFinding(domain.hostname);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Order order, MakeOrder(services, certificate, domain, transaction.now()));
  RETURN_IF_ERROR(transaction.InsertOrder(order));
  certificate.order = order.id;
  transaction.AppendEvent(
      {.type = EventType::kOrderIntended,
       .domain = certificate.domain,
       .certificate = certificate.id,
       .order = order.id,
       .actor = "padlock-cert",
       .request_id = certificate.request_id,
       .message = absl::StrFormat("A certificate for %s is ordered from the CA %s.",
                                  absl::StrJoin(order.names, ", "), order.ca)});
  return absl::OkStatus();
}

// Ordering or renewing: sees to it that there is one live order.
absl::StatusOr<CertificateEvent> EnsureOrder(const Services& services, Transaction& transaction,
                                             Certificate& certificate) {
  const absl::Time now = transaction.now();
  if (certificate.order) {
    ASSIGN_OR_RETURN(const Order order, transaction.GetOrder(*certificate.order));
    if (order.progress.state == OrderState::kClosing) {
      return StillWaiting{.next_look = now + kClosingPause};
    }
    if (!IsTerminal(order.progress.state) && order.progress.state != OrderState::kWithdrawing) {
      return StillWaiting{.next_look = now + kWatchdog};
    }
  }
  RETURN_IF_ERROR(OpenOrder(services, transaction, certificate));
  return StillWaiting{.next_look = now + kWatchdog};
}

absl::StatusOr<CertificateEvent> WhatNow(const Services& services, Transaction& transaction,
                                         Certificate& certificate) {
  const absl::Time now = transaction.now();
  switch (certificate.progress.state) {
    case CertificateState::kAwaitingDomain: {
      ASSIGN_OR_RETURN(const Domain domain, transaction.GetDomain(certificate.domain));
      if (domain.progress.state == DomainState::kActive) return DomainActive{};
      break;
    }
    case CertificateState::kOrdering:
    case CertificateState::kRenewing:
      return EnsureOrder(services, transaction, certificate);
    case CertificateState::kActive:
      if (NextRenewTime(certificate) <= now) return RenewalDue{};
      return StillWaiting{.next_look = NextRenewTime(certificate)};
    case CertificateState::kFailed:
    case CertificateState::kDeleted:
      break;
  }
  return StillWaiting{.next_look = now + kWatchdog};
}

}  // namespace

absl::Status CertificateStep::Run(const Lease& lease) {
  return services_.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(CertificateId(lease.id)));
    if (IsTerminal(certificate.progress.state)) return absl::OkStatus();
    CertificateEvent event = StillWaiting{.next_look = transaction.now() + kWatchdog};
    if (lease.claims > kMaxClaims) {
      certificate.finding = ParkedFinding(lease.claims);
    } else {
      ASSIGN_OR_RETURN(event, WhatNow(services_, transaction, certificate));
    }
    ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, event, transaction.now()));
    return transaction.UpdateCertificate(certificate);
  });
}

}  // namespace cert

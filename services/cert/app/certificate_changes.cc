#include "cert/app/certificate_changes.h"

#include "base/status_macros.h"
#include "cert/app/revoke.h"
#include "cert/core/lifecycle.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

// Its next step is due now, and what failed before no longer counts. Names that are set aside are
// tried again.
absl::Status StartAnew(Transaction& transaction, Certificate certificate,
                       const std::string& request_id) {
  const CertificateState state = certificate.progress.state;
  const bool stuck = state == CertificateState::kFailed || state == CertificateState::kOrdering ||
                     state == CertificateState::kRenewing;
  const bool does_without = state == CertificateState::kActive && !certificate.set_aside.empty();
  if (!stuck && !does_without) return absl::OkStatus();
  TryAgain(transaction.now(), certificate.set_aside);
  if (does_without) {
    ASSIGN_OR_RETURN(certificate.progress,
                     Advance(certificate.progress, StillWaiting{.next_look = transaction.now()},
                             transaction.now()));
    certificate.request_id = request_id;
    return transaction.UpdateCertificate(certificate);
  }
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, RecheckRequested{}, transaction.now()));
  if (state == CertificateState::kFailed) certificate.finding.reset();
  certificate.failed_orders = 0;
  certificate.ca_failures.clear();
  certificate.request_id = request_id;
  return transaction.UpdateCertificate(certificate);
}

}  // namespace

absl::Status RecheckCertificate(Transaction& transaction, const CertificateId& id,
                                const std::string& request_id) {
  ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
  if (certificate.order.has_value()) {
    RETURN_IF_ERROR(MoveOrder(transaction, *certificate.order, RecheckRequested{}));
  }
  return StartAnew(transaction, certificate, request_id);
}

absl::Status ReplaceOrder(Transaction& transaction, const CertificateId& id,
                          const std::string& request_id) {
  ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
  if (certificate.order.has_value()) {
    ASSIGN_OR_RETURN(const Order order, transaction.GetOrder(*certificate.order));
    if (order.progress.state == OrderState::kFinalizing) return absl::OkStatus();
    RETURN_IF_ERROR(MoveOrder(transaction, order.id, GivenUp{}));
  }
  return StartAnew(transaction, certificate, request_id);
}

absl::Status RevokeDeleted(Transaction& transaction, const Certificate& certificate,
                           const Caller& caller) {
  return RevokeIssuances(transaction, certificate,
                         {.reason = RevocationReason::kCessationOfOperation,
                          .actor = caller.identity.name,
                          .request_id = caller.request_id})
      .status();
}

absl::Status DeleteCertificate(Transaction& transaction, const CertificateId& id,
                               const Caller& caller, bool revoke) {
  ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(id));
  if (revoke) RETURN_IF_ERROR(RevokeDeleted(transaction, certificate, caller));
  if (certificate.order.has_value()) {
    RETURN_IF_ERROR(MoveOrder(transaction, *certificate.order, GivenUp{}));
  }
  if (certificate.backup.has_value()) {
    RETURN_IF_ERROR(DeleteCertificate(transaction, *certificate.backup, caller, revoke));
  }
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, DeleteRequested{}, transaction.now()));
  return transaction.UpdateCertificate(certificate);
}

}  // namespace cert

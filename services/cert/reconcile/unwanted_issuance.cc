#include "cert/reconcile/unwanted_issuance.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/keys/caller_csr.h"

namespace cert {
namespace {

constexpr char kActor[] = "padlock-cert";

}  // namespace

absl::StatusOr<bool> HasCompromisedKey(Transaction& transaction, const Certificate& certificate) {
  if (certificate.settings.csr_pem.empty()) return false;
  ASSIGN_OR_RETURN(const CallerCsr csr,
                   CheckCallerCsr(certificate.settings.csr_pem, certificate.names));
  return transaction.IsCompromised(csr.key_hash);
}

absl::Status RequestRevocation(Transaction& transaction, Issuance issuance,
                               const OwnRevocation& revocation) {
  const absl::Time now = transaction.now();
  issuance.revocation = Revocation{.reason = revocation.reason,
                                   .actor = kActor,
                                   .request_id = revocation.request_id,
                                   .request_time = now};
  transaction.AppendEvent(
      {.type = EventType::kRevocationRequested,
       .domain = revocation.domain,
       .certificate = issuance.certificate,
       .order = issuance.order,
       .actor = kActor,
       .request_id = revocation.request_id,
       .message = absl::StrFormat(
           "The revocation of serial %s was asked for, %s; the reason is %s.", issuance.serial,
           revocation.why, RevocationReasonName(revocation.reason))});
  return transaction.InsertRevocation(
      issuance, {.state = RevocationState::kPending, .start_time = now, .due_time = now});
}

absl::Status RevokeUnwanted(Issuance issuance, const Certificate& certificate,
                            const std::string& request_id, Transaction& transaction) {
  ASSIGN_OR_RETURN(const bool is_compromised, HasCompromisedKey(transaction, certificate));
  return RequestRevocation(
      transaction, std::move(issuance),
      {.domain = certificate.domain,
       .reason = is_compromised ? RevocationReason::kKeyCompromise
                                : RevocationReason::kCessationOfOperation,
       .request_id = request_id,
       .why = "since its order was given up, or its certificate deleted, while the CA issued it"});
}

}  // namespace cert

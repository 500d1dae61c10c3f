#include "cert/reconcile/unwanted_issuance.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "cert/keys/caller_csr.h"

namespace cert {

absl::StatusOr<bool> HasCompromisedKey(Transaction& transaction, const Certificate& certificate) {
  if (certificate.settings.csr_pem.empty()) return false;
  ASSIGN_OR_RETURN(const CallerCsr csr,
                   CheckCallerCsr(certificate.settings.csr_pem, certificate.names));
  return transaction.IsCompromised(csr.key_hash);
}

absl::Status RevokeUnwanted(Issuance issuance, const Certificate& certificate,
                            const std::string& request_id, Transaction& transaction) {
  const absl::Time now = transaction.now();
  ASSIGN_OR_RETURN(const bool is_compromised, HasCompromisedKey(transaction, certificate));
  issuance.revocation =
      Revocation{.reason = is_compromised ? RevocationReason::kKeyCompromise
                                          : RevocationReason::kCessationOfOperation,
                 .actor = "padlock-cert",
                 .request_id = request_id,
                 .request_time = now};
  return transaction.InsertRevocation(
      issuance, {.state = RevocationState::kPending, .start_time = now, .due_time = now});
}

}  // namespace cert

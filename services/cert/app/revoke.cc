#include "cert/app/revoke.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/key_plan.h"
#include "cert/core/lifecycle.h"
#include "cert/keys/caller_csr.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

Event EventOf(EventType type, const Certificate& certificate, const Issuance& issuance,
              const RevocationRequest& request, std::string message) {
  return {.type = type,
          .domain = certificate.domain,
          .certificate = certificate.id,
          .order = issuance.order,
          .actor = request.actor,
          .request_id = request.request_id,
          .message = std::move(message)};
}

absl::Status BlockKey(Transaction& transaction, const Certificate& certificate,
                      const Issuance& issuance, const RevocationRequest& request) {
  ASSIGN_OR_RETURN(const std::string key_hash, KeyHashOfChain(issuance.chain_pem));
  transaction.AppendEvent(
      EventOf(EventType::kKeyCompromised, certificate, issuance, request,
              absl::StrFormat("The key of serial %s is compromised; nothing more is issued for it.",
                              issuance.serial)));
  return transaction.MarkCompromised(key_hash);
}

absl::StatusOr<bool> Concerns(const RevocationRequest& request, const Issuance& issuance) {
  if (request.key_hash.empty()) return true;
  ASSIGN_OR_RETURN(const std::string key_hash, KeyHashOfChain(issuance.chain_pem));
  return key_hash == request.key_hash;
}

absl::StatusOr<std::vector<Issuance>> IssuancesOf(Transaction& transaction,
                                                  const Certificate& certificate,
                                                  const RevocationRequest& request) {
  ASSIGN_OR_RETURN(std::vector<Issuance> issuances, transaction.ListIssuances(certificate.id));
  const bool by_key =
      request.reason == RevocationReason::kKeyCompromise && request.key_hash.empty();
  if (!certificate.backup.has_value() || by_key) return issuances;
  ASSIGN_OR_RETURN(std::vector<Issuance> backups, transaction.ListIssuances(*certificate.backup));
  std::ranges::move(backups, std::back_inserter(issuances));
  return issuances;
}

absl::Status HurryIfRevoked(Transaction& transaction, const std::optional<IssuanceId>& id,
                            std::optional<absl::Time>& renew_time) {
  if (!id.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Issuance issuance, transaction.GetIssuance(*id));
  if (issuance.revocation.has_value()) renew_time = transaction.now();
  return absl::OkStatus();
}

// False: it has been asked for already.
absl::StatusOr<bool> Ask(Transaction& transaction, Issuance issuance,
                         const RevocationRequest& request) {
  const bool compromised = request.reason == RevocationReason::kKeyCompromise;
  const bool asked = issuance.revocation.has_value();
  const bool worse = asked && compromised && !issuance.revocation->revoke_time.has_value() &&
                     issuance.revocation->reason != RevocationReason::kKeyCompromise;
  if (asked && !worse) return false;
  issuance.revocation = Revocation{.reason = request.reason,
                                   .actor = request.actor,
                                   .request_id = request.request_id,
                                   .request_time = transaction.now()};
  const RevocationProgress progress{.state = RevocationState::kPending,
                                    .start_time = transaction.now(),
                                    .due_time = transaction.now()};
  RETURN_IF_ERROR(asked ? transaction.UpdateRevocation(issuance, progress)
                        : transaction.InsertRevocation(issuance, progress));
  return true;
}

}  // namespace

absl::StatusOr<int> RevokeIssuances(Transaction& transaction, const Certificate& certificate,
                                    const RevocationRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Issuance> issuances,
                   IssuancesOf(transaction, certificate, request));
  int concerned = 0;
  for (const Issuance& issuance : issuances) {
    ASSIGN_OR_RETURN(const bool is_concerned, Concerns(request, issuance));
    if (!is_concerned) continue;
    ++concerned;
    if (request.reason == RevocationReason::kKeyCompromise) {
      RETURN_IF_ERROR(BlockKey(transaction, certificate, issuance, request));
    }
    ASSIGN_OR_RETURN(const bool asked, Ask(transaction, issuance, request));
    if (!asked) continue;
    transaction.AppendEvent(
        EventOf(EventType::kRevocationRequested, certificate, issuance, request,
                absl::StrFormat("The revocation of serial %s was asked for; the reason is %s.",
                                issuance.serial, RevocationReasonName(request.reason))));
  }
  if (concerned == 0 && !request.key_hash.empty()) {
    return absl::InvalidArgumentError(
        "key_compromise_proof: is not signed by the key of an issuance of this certificate");
  }
  return concerned;
}

absl::Status ReplaceRevoked(Transaction& transaction, Certificate& certificate,
                            const RevocationRequest& request) {
  const absl::Time now = transaction.now();
  RETURN_IF_ERROR(HurryIfRevoked(transaction, certificate.issuance, certificate.renew_time));
  RETURN_IF_ERROR(
      HurryIfRevoked(transaction, certificate.second_issuance, certificate.second_renew_time));
  const bool blocked = request.reason == RevocationReason::kKeyCompromise;
  if (blocked && certificate.order.has_value() && !certificate.settings.csr_pem.empty()) {
    RETURN_IF_ERROR(MoveOrder(transaction, *certificate.order, GivenUp{}));
  }
  if (certificate.progress.state == CertificateState::kActive &&
      NextRenewTime(certificate) <= now) {
    ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, RenewalDue{}, now));
  }
  certificate.request_id = request.request_id;
  RETURN_IF_ERROR(transaction.UpdateCertificate(certificate));
  if (!certificate.backup.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Certificate backup, transaction.GetCertificate(*certificate.backup));
  if (!backup.issuance.has_value()) return absl::OkStatus();
  return ReplaceRevoked(transaction, backup, request);
}

}  // namespace cert

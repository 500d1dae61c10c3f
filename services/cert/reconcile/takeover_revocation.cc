#include "cert/reconcile/takeover_revocation.h"

#include <vector>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/covered_names.h"
#include "cert/core/key_plan.h"
#include "cert/core/lifecycle.h"
#include "cert/reconcile/unwanted_issuance.h"

namespace cert {

absl::Status RevokeLost(Transaction& transaction, const Domain& lost,
                        const Certificate& certificate) {
  ASSIGN_OR_RETURN(const std::vector<Issuance> issuances,
                   transaction.ListIssuances(certificate.id));
  for (const Issuance& issuance : issuances) {
    const bool has_it = !NamesOf(issuance.names, {lost.hostname}).empty();
    if (issuance.revocation || !has_it) continue;
    // By the loser's own request id: the winner's is none of their business.
    RETURN_IF_ERROR(RequestRevocation(
        transaction, issuance,
        {.domain = lost.id,
         .request_id = lost.request_id,
         .why = absl::StrFormat("since another customer of this platform holds %s now",
                                lost.hostname)}));
  }
  return absl::OkStatus();
}

absl::Status ReplaceLost(Transaction& transaction, Certificate certificate) {
  const absl::Time now = transaction.now();
  ASSIGN_OR_RETURN(const auto in_use, transaction.FindIssuances(IssuancesOf(certificate)));
  bool is_due = false;
  for (const auto& [id, issuance] : in_use) {
    if (!issuance.revocation) continue;
    MoveRenewal(id, now, now, certificate);
    is_due = true;
  }
  if (!is_due || IsTerminal(certificate.progress.state)) return absl::OkStatus();
  ASSIGN_OR_RETURN(certificate.progress,
                   Advance(certificate.progress, StillWaiting{.next_look = now}, now));
  return transaction.UpdateCertificate(certificate);
}

}  // namespace cert

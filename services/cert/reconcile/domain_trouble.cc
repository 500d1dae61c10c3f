#include "cert/reconcile/domain_trouble.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cert/core/backup.h"
#include "cert/core/expiry.h"
#include "cert/reconcile/domain_event.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

// Another cause than the one told last is told of as well, but causes that alternate are not told
// at each look.
constexpr absl::Duration kToldAgain = absl::Hours(24);

// What tells causes apart: sentences of the same cause change with the servers and the times in
// them.
std::string CauseOf(const Finding& finding) {
  return absl::StrFormat("%s %s %s", FindingCodeName(finding.code), finding.record_type,
                         finding.record_name);
}

// When the first of the domain's certificates in force ends: its own, or one of several names.
absl::StatusOr<std::optional<absl::Time>> FirstEnd(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(const auto ids, CertificatesOf(transaction, domain));
  std::optional<absl::Time> first;
  for (const CertificateId& id : ids) {
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(id));
    const std::optional<absl::Time> end = ServedUntil(certificate);
    if (end) first = std::min(first.value_or(absl::InfiniteFuture()), *end);
  }
  return first;
}

// A claim once proved is held without its record until another tenant contests it.
const char* Renewability(const Domain& domain) {
  const bool is_claim = domain.finding->expected == domain.claim_value;
  return is_claim ? "is renewed all the same as long as nobody else claims the name"
                  : "cannot be renewed before this is put right";
}

}  // namespace

absl::Status TellTrouble(Transaction& transaction, Domain& domain) {
  if (!domain.finding) return absl::OkStatus();
  const absl::Time now = transaction.now();
  std::string cause = CauseOf(*domain.finding);
  // Told before causes were stored: it may have been this one.
  if (domain.trouble_time && domain.trouble_cause.empty()) domain.trouble_cause = cause;
  const bool told = domain.trouble_time &&
                    (cause == domain.trouble_cause || now - *domain.trouble_time < kToldAgain);
  if (told) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<absl::Time> expire_time, FirstEnd(transaction, domain));
  if (!expire_time || *expire_time <= now) return absl::OkStatus();
  domain.trouble_time = now;
  domain.trouble_cause = std::move(cause);
  transaction.AppendEvent(DomainEventOf(
      domain, EventType::kDomainTrouble,
      absl::StrFormat("%s The certificate stays served; it is valid for another %s, until %s, and "
                      "%s.",
                      domain.finding->sentence, TimeLeftText(*expire_time - now),
                      base::UtcText(*expire_time), Renewability(domain))));
  return absl::OkStatus();
}

void TellWell(Transaction& transaction, Domain& domain) {
  if (!domain.trouble_time) return;
  domain.trouble_time.reset();
  domain.trouble_cause.clear();
  transaction.AppendEvent(DomainEventOf(
      domain, EventType::kDomainWell,
      absl::StrFormat("The records of %s are seen again; its certificate can be renewed.",
                      domain.hostname)));
}

}  // namespace cert

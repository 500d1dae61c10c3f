#include "cert/reconcile/claim_contest.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/findings.h"
#include "cert/core/lifecycle.h"
#include "cert/reconcile/domain_event.h"
#include "cert/reconcile/takeover_revocation.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

bool Holds(const Claim& claim, const Domain& domain) {
  return claim.tenant == domain.tenant && claim.domain == domain.id;
}

// The holder looks again at once, and until then shows what it is about.
absl::Status TellHolder(Transaction& transaction, const Claim& held) {
  RETURN_IF_ERROR(transaction.NoteChallenge(held.hostname));
  return transaction.ActFor(held.tenant, [&](Transaction& theirs) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, theirs.GetDomain(held.domain));
    ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, RecheckRequested{}, theirs.now()));
    domain.finding = ClaimChallengedFinding(held.hostname, theirs.now() + kNoticePeriod);
    theirs.AppendEvent(
        DomainEventOf(domain, EventType::kClaimChallenged, domain.finding->sentence));
    return theirs.UpdateDomain(domain);
  });
}

absl::Status StopCertificate(Transaction& theirs, const Domain& domain, const CertificateId& id,
                             TakeoverRevocation policy) {
  const bool revokes = policy == TakeoverRevocation::kRevoke;
  ASSIGN_OR_RETURN(Certificate certificate, theirs.GetCertificate(id));
  if (certificate.order) RETURN_IF_ERROR(MoveOrder(theirs, *certificate.order, GivenUp{}));
  if (revokes) RETURN_IF_ERROR(RevokeLost(theirs, domain, certificate));
  // One of several names goes on without this one where that is enough.
  if (certificate.domain.empty() && certificate.settings.partial) {
    return revokes ? ReplaceLost(theirs, std::move(certificate)) : absl::OkStatus();
  }
  ASSIGN_OR_RETURN(certificate.progress, Advance(certificate.progress, ClaimLost{}, theirs.now()));
  certificate.finding = domain.finding;
  return theirs.UpdateCertificate(certificate);
}

// Its own, and those of several names that have names of it.
absl::Status StopCertificates(Transaction& theirs, const Domain& domain,
                              TakeoverRevocation policy) {
  ASSIGN_OR_RETURN(const auto ids, CertificatesOf(theirs, domain));
  for (const CertificateId& id : ids) RETURN_IF_ERROR(StopCertificate(theirs, domain, id, policy));
  return absl::OkStatus();
}

absl::Status TakeFrom(Transaction& transaction, const Claim& held, const Domain& winner,
                      TakeoverRevocation policy) {
  RETURN_IF_ERROR(transaction.TakeClaimOver({.hostname = held.hostname,
                                             .tenant = winner.tenant,
                                             .domain = winner.id,
                                             .prove_time = transaction.now()}));
  transaction.AppendEvent(
      DomainEventOf(winner, EventType::kClaimTaken,
                    absl::StrFormat("%s came over from another customer.", held.hostname)));
  return transaction.ActFor(held.tenant, [&](Transaction& theirs) -> absl::Status {
    ASSIGN_OR_RETURN(Domain domain, theirs.GetDomain(held.domain));
    ASSIGN_OR_RETURN(domain.progress, Advance(domain.progress, ClaimLost{}, theirs.now()));
    domain.finding = ClaimLostFinding(held.hostname);
    theirs.AppendEvent(DomainEventOf(domain, EventType::kClaimLost, domain.finding->sentence));
    RETURN_IF_ERROR(StopCertificates(theirs, domain, policy));
    return theirs.UpdateDomain(domain);
  });
}

ClaimRefusal Waiting(const Domain& domain, absl::Time notice_time) {
  return {.finding = ClaimContestedFinding(domain.hostname, notice_time + kNoticePeriod),
          .waits = true};
}

absl::StatusOr<std::optional<ClaimRefusal>> Challenge(Transaction& transaction, const Claim& held,
                                                      const Domain& domain,
                                                      TakeoverRevocation policy) {
  const absl::Time now = transaction.now();
  switch (JudgeContest(held, domain, now)) {
    case Contest::kTooOld:
      return ClaimRefusal{.finding = ClaimValueTooOldFinding(domain.hostname)};
    case Contest::kTellHolder:
      RETURN_IF_ERROR(TellHolder(transaction, held));
      return Waiting(domain, now);
    case Contest::kWait:
      return Waiting(domain, *held.notice_time);
    case Contest::kTakeOver:
      break;
  }
  RETURN_IF_ERROR(TakeFrom(transaction, held, domain, policy));
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<ClaimRefusal>> ContendForClaim(Transaction& transaction,
                                                            const Domain& domain,
                                                            TakeoverRevocation policy) {
  ASSIGN_OR_RETURN(const std::optional<Claim> before, transaction.GetClaim(domain.hostname));
  if (before && before->tenant != domain.tenant) {
    return Challenge(transaction, *before, domain, policy);
  }
  ASSIGN_OR_RETURN(const Claim holder, transaction.TakeClaim({.hostname = domain.hostname,
                                                              .tenant = domain.tenant,
                                                              .domain = domain.id,
                                                              .prove_time = transaction.now()}));
  // Somebody was faster since: the next look contends with them.
  if (!Holds(holder, domain)) return ClaimRefusal{.finding = ClaimHeldFinding(domain.hostname)};
  if (before && before->notice_time) {
    transaction.AppendEvent(
        DomainEventOf(domain, EventType::kClaimDefended,
                      absl::StrFormat("The right to %s was proved again.", domain.hostname)));
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Finding>> NoticeOn(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(const std::optional<Claim> claim, transaction.GetClaim(domain.hostname));
  if (!claim || !Holds(*claim, domain) || !claim->notice_time) return std::nullopt;
  return ClaimChallengedFinding(domain.hostname, *claim->notice_time + kNoticePeriod);
}

}  // namespace cert

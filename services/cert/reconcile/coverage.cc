#include "cert/reconcile/coverage.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "cert/core/covered_names.h"
#include "cert/core/expiry.h"
#include "cert/core/findings.h"
#include "cert/core/key_plan.h"

namespace cert {
namespace {

bool Holds(const Domain& domain, const Claim& claim) {
  return claim.tenant == domain.tenant && claim.domain == domain.id;
}

// What stands in the way of ordering the domain's names, if anything does.
std::optional<Finding> ObstacleOf(const Domain& domain, const Claim* claim, bool issued) {
  if (domain.progress.state != DomainState::kActive && !issued) {
    return NameNotProvedFinding(domain.hostname, domain.finding);
  }
  if (claim && Holds(domain, *claim)) return std::nullopt;
  if (!claim && domain.progress.state == DomainState::kActive) {
    return ClaimToProveFinding(domain.hostname);  // a backup was restored
  }
  if (!claim) return NameNotProvedFinding(domain.hostname, domain.finding);
  // The domain's next proof takes the claim again, or says who stands in the way.
  return ClaimHeldFinding(domain.hostname);
}

std::vector<std::string> HostnamesOf(const std::vector<Domain>& domains) {
  std::vector<std::string> hostnames;
  for (const Domain& domain : domains) hostnames.push_back(domain.hostname);
  return hostnames;
}

// Whether the pause after a failed order is going on: another of its domains does not end it.
bool IsPausing(const Certificate& certificate, absl::Time now) {
  return std::ranges::any_of(certificate.ca_failures, [&](const CaFailure& failure) {
    const bool of_order =
        failure.trouble == CaTrouble::kOrderFailed || failure.trouble == CaTrouble::kRefusesNames;
    return of_order && failure.time + RenewalPause(certificate.failed_orders, std::nullopt,
                                                   FirstExpireTime(certificate), failure.time) >
                           now;
  });
}

// Whether it has something to look at again when one of its domains has changed.
bool MayGoOn(const Certificate& certificate, absl::Time now) {
  if (IsPausing(certificate, now)) return false;
  const CertificateState state = certificate.progress.state;
  return state == CertificateState::kAwaitingDomain || state == CertificateState::kOrdering ||
         state == CertificateState::kRenewing ||
         (state == CertificateState::kActive && certificate.settings.partial);
}

}  // namespace

absl::StatusOr<std::vector<Domain>> DomainsOf(Transaction& transaction,
                                              const Certificate& certificate) {
  ASSIGN_OR_RETURN(auto found, transaction.FindDomains(certificate.domains));
  std::vector<Domain> domains;
  for (const DomainId& id : certificate.domains) {
    const auto domain = found.find(id);
    if (domain == found.end()) return absl::NotFoundError("no such domain");
    domains.push_back(std::move(domain->second));
  }
  return domains;
}

absl::StatusOr<Coverage> CoverageOf(Transaction& transaction, const Certificate& certificate) {
  Coverage coverage;
  std::set<std::string> hostnames;
  ASSIGN_OR_RETURN(coverage.domains, DomainsOf(transaction, certificate));
  ASSIGN_OR_RETURN(const auto claims, transaction.FindClaims(HostnamesOf(coverage.domains)));
  for (const Domain& domain : coverage.domains) {
    const auto claim = claims.find(domain.hostname);
    std::optional<Finding> obstacle = ObstacleOf(
        domain, claim == claims.end() ? nullptr : &claim->second, certificate.issuance.has_value());
    if (!obstacle) hostnames.insert(domain.hostname);
    if (obstacle && !coverage.missing) coverage.missing = std::move(obstacle);
  }
  const absl::Time now = transaction.now();
  coverage.names = NotSetAside(NamesOf(certificate.names, hostnames), certificate.set_aside, now);
  // What is to be proved again soon is waited for alone.
  const bool soon = coverage.missing && coverage.missing->code == FindingCode::kClaimToProve;
  if (!soon) {
    coverage.missing = WithSetAside(std::move(coverage.missing), certificate.set_aside, now);
  }
  return coverage;
}

absl::StatusOr<std::optional<Finding>> UnclaimedName(Transaction& transaction,
                                                     const std::vector<Domain>& domains,
                                                     const std::vector<std::string>& names) {
  std::optional<Finding> missing;
  ASSIGN_OR_RETURN(const auto claims, transaction.FindClaims(HostnamesOf(domains)));
  for (const Domain& domain : domains) {
    if (NamesOf(names, {domain.hostname}).empty()) continue;
    const auto claim = claims.find(domain.hostname);
    if (claim == claims.end()) {
      missing = ClaimToProveFinding(domain.hostname);
    } else if (!Holds(domain, claim->second)) {
      return ClaimHeldFinding(domain.hostname);
    }
  }
  return missing;
}

absl::Status WakeCertificatesSharing(Transaction& transaction, const Domain& domain) {
  ASSIGN_OR_RETURN(const std::vector<CertificateId> ids,
                   transaction.ListCertificatesSharing(domain.id));
  for (const CertificateId& id : ids) {
    ASSIGN_OR_RETURN(Certificate certificate, transaction.GetCertificate(id));
    if (!MayGoOn(certificate, transaction.now())) continue;
    ASSIGN_OR_RETURN(certificate.progress,
                     Advance(certificate.progress, StillWaiting{.next_look = transaction.now()},
                             transaction.now()));
    RETURN_IF_ERROR(transaction.UpdateCertificate(certificate));
  }
  return absl::OkStatus();
}

}  // namespace cert

#include "cert/reconcile/renewal_look.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/key_plan.h"
#include "cert/keys/keys.h"

namespace cert {
namespace {

struct Known {
  std::vector<Renewal> renewals;
  absl::Time now;
};

// Of an issuance from before there were renewals.
Renewal Reconstruct(const Services& services, const Issuance& issuance, absl::Time now) {
  return PlanRenewal({.issuance = issuance.id,
                      .ca = issuance.ca,
                      .renewal_id = RenewalIdOf(issuance.chain_pem).value_or(""),
                      .validity = issuance.validity,
                      .draw = services.random.Fraction()},
                     now);
}

absl::StatusOr<Renewal> ReadRenewal(const Services& services, Transaction& transaction,
                                    const IssuanceId& id) {
  ASSIGN_OR_RETURN(std::optional<Renewal> renewal, transaction.GetRenewal(id));
  if (renewal) return *std::move(renewal);
  ASSIGN_OR_RETURN(const Issuance issuance, transaction.GetIssuance(id));
  return Reconstruct(services, issuance, transaction.now());
}

absl::StatusOr<Known> ReadRenewals(const Services& services, const Lease& lease) {
  Known known;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    known = {.renewals = {}, .now = transaction.now()};
    ASSIGN_OR_RETURN(const Certificate certificate,
                     transaction.GetCertificate(CertificateId(lease.id)));
    if (!HasRenewalsToLookAt(certificate, known.now)) return absl::OkStatus();
    for (const IssuanceId& id : IssuancesOf(certificate)) {
      ASSIGN_OR_RETURN(Renewal renewal, ReadRenewal(services, transaction, id));
      known.renewals.push_back(std::move(renewal));
    }
    return absl::OkStatus();
  }));
  return known;
}

Renewal Ask(const Services& services, const Lease& lease, AcmeClient& client, Renewal renewal,
            absl::Time now) {
  const AcmeReply<std::optional<AcmeRenewalInfo>> reply =
      client.GetRenewalInfo(renewal.renewal_id, OutsideDeadline(services, lease));
  if (!reply.ok()) {
    base::Log(base::LogLevel::kWarning, "no renewal window",
              {{"tenant", lease.tenant.text()},
               {"certificate", lease.id},
               {"ca", renewal.ca},
               base::LogField(reply.status())});
    return AfterNoWindow(std::move(renewal), std::nullopt, now);
  }
  if (const auto* problem = std::get_if<AcmeProblem>(&*reply)) {
    base::Log(base::LogLevel::kWarning, "no renewal window",
              {{"tenant", lease.tenant.text()},
               {"certificate", lease.id},
               {"ca", renewal.ca},
               {"error", problem->detail}});
    return AfterNoWindow(std::move(renewal), problem->retry_after, now);
  }
  return AfterWindow(std::move(renewal), std::get<std::optional<AcmeRenewalInfo>>(*reply), now);
}

// The same, where it is not time to ask yet.
Renewal LookAt(const Services& services, const Lease& lease, Renewal renewal, absl::Time now) {
  if (now < renewal.refresh_time) return renewal;
  const auto ca = std::ranges::find(services.authorities, renewal.ca, &CertificateAuthority::name);
  if (ca == services.authorities.end() || renewal.renewal_id.empty()) {
    return AfterWindow(std::move(renewal), std::nullopt, now);
  }
  return Ask(services, lease, *ca->client, std::move(renewal), now);
}

}  // namespace

bool HasRenewalsToLookAt(const Certificate& certificate, absl::Time now) {
  return certificate.progress.state == CertificateState::kActive && certificate.issuance &&
         NextRenewTime(certificate) > now;
}

absl::StatusOr<std::vector<Renewal>> LookAtRenewals(const Services& services, const Lease& lease) {
  ASSIGN_OR_RETURN(Known known, ReadRenewals(services, lease));
  for (Renewal& renewal : known.renewals) {
    renewal = LookAt(services, lease, std::move(renewal), known.now);
  }
  return std::move(known.renewals);
}

}  // namespace cert

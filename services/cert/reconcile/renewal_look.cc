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
  std::optional<Renewal> renewal;
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

absl::StatusOr<Known> ReadRenewal(const Services& services, const Lease& lease) {
  Known known;
  RETURN_IF_ERROR(services.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    known = {.renewal = std::nullopt, .now = transaction.now()};
    ASSIGN_OR_RETURN(const Certificate certificate,
                     transaction.GetCertificate(CertificateId(lease.id)));
    const bool served = certificate.progress.state == CertificateState::kActive;
    if (!served || !certificate.issuance || NextRenewTime(certificate) <= known.now) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(known.renewal, transaction.GetRenewal(*certificate.issuance));
    if (known.renewal) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Issuance issuance, transaction.GetIssuance(*certificate.issuance));
    known.renewal = Reconstruct(services, issuance, known.now);
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

}  // namespace

absl::StatusOr<std::optional<Renewal>> LookAtRenewal(const Services& services, const Lease& lease) {
  ASSIGN_OR_RETURN(Known known, ReadRenewal(services, lease));
  if (!known.renewal || known.now < known.renewal->refresh_time) return known.renewal;
  const auto ca =
      std::ranges::find(services.authorities, known.renewal->ca, &CertificateAuthority::name);
  if (ca == services.authorities.end() || known.renewal->renewal_id.empty()) {
    return std::optional(AfterWindow(*std::move(known.renewal), std::nullopt, known.now));
  }
  return std::optional(Ask(services, lease, *ca->client, *std::move(known.renewal), known.now));
}

}  // namespace cert

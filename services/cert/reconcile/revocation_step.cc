#include "cert/reconcile/revocation_step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/core/diagnosis.h"
#include "cert/core/revocation.h"
#include "cert/keys/keys.h"
#include "cert/reconcile/authority_rules.h"

namespace cert {
namespace {

constexpr absl::Duration kLongestRevocationPause = absl::Hours(24);

Setback NotConfigured(const std::string& ca) {
  return {.disposition = Disposition::kGiveUp,
          .finding = RevocationRefusedFinding(ca, "it is not configured any more")};
}

// None: it is revoked.
std::optional<Setback> AskCa(const Services& services, Accounts& accounts, const Lease& lease,
                             const Issuance& issuance) {
  const CertificateAuthority* ca = FindAuthority(services, issuance.ca);
  if (ca == nullptr) return NotConfigured(issuance.ca);
  const base::Deadline deadline = OutsideDeadline(services, lease);
  Outcome<AcmeAccount> account = accounts.Get(*ca, deadline);
  if (auto* setback = std::get_if<Setback>(&account)) return std::move(*setback);
  const absl::StatusOr<std::string> der = LeafDer(issuance.chain_pem);
  if (!der.ok()) return SetbackOf(der.status(), ca->name);
  Outcome<Done> done =
      Sort(ca->client->RevokeCertificate(std::get<AcmeAccount>(account), *der,
                                         static_cast<int>(issuance.revocation->reason), deadline),
           ca->name);
  auto* setback = std::get_if<Setback>(&done);
  if (setback == nullptr) return std::nullopt;
  if (setback->account_is_gone) accounts.Forget(ca->name);
  if (setback->refused_signature && accounts.HasNewKey(*ca, deadline)) {
    setback->disposition = Disposition::kRetryStep;
  }
  if (setback->disposition != Disposition::kRetryStep) {
    setback->finding = RevocationRefusedFinding(ca->name, setback->finding.sentence);
  }
  return std::move(*setback);
}

Event EventOf(const Issuance& issuance, const Certificate& certificate, EventType type,
              std::string message) {
  return {.type = type,
          .domain = certificate.domain,
          .certificate = certificate.id,
          .order = issuance.order,
          .actor = "padlock-cert",
          .request_id = issuance.revocation->request_id,
          .message = std::move(message)};
}

// What follows of an attempt, or of none: `setback` is unset when it succeeded.
RevocationEvent Follow(const Services& services, const RevocationProgress& progress,
                       const std::optional<Setback>& setback, absl::Time now) {
  if (!setback) return Revoked{};
  const bool refused = setback->disposition != Disposition::kRetryStep;
  absl::Duration pause = RevocationPause(progress.tries + 1, refused, services.random.Fraction());
  const absl::Duration asked = setback->retry_after.value_or(absl::ZeroDuration());
  pause = std::max(pause, std::min(asked, kLongestRevocationPause));
  return NotRevoked{.retry_time = now + pause};
}

absl::Status StoreOutcome(const Services& services, const Lease& lease, const Issuance& seen,
                          const std::optional<Setback>& setback, bool expired) {
  return services.store.Finish(lease, [&](Transaction& transaction) -> absl::Status {
    const absl::Time now = transaction.now();
    ASSIGN_OR_RETURN(const Certificate certificate, transaction.GetCertificate(seen.certificate));
    ASSIGN_OR_RETURN(RevocationProgress progress, transaction.GetRevocation(IssuanceId(lease.id)));
    ASSIGN_OR_RETURN(Issuance issuance, transaction.GetIssuance(IssuanceId(lease.id)));
    const RevocationEvent event =
        expired ? RevocationEvent{Expired{}} : Follow(services, progress, setback, now);
    ASSIGN_OR_RETURN(progress, Advance(progress, event, now));
    issuance.revocation->finding = setback ? std::optional(setback->finding) : std::nullopt;
    if (expired) {
      transaction.AppendEvent(
          EventOf(issuance, certificate, EventType::kRevocationFailed,
                  absl::StrFormat("Serial %s expired before the CA %s revoked it.", issuance.serial,
                                  issuance.ca)));
    } else if (!setback) {
      issuance.revocation->revoke_time = now;
      transaction.AppendEvent(
          EventOf(issuance, certificate, EventType::kCertificateRevoked,
                  absl::StrFormat("The CA %s revoked serial %s.", issuance.ca, issuance.serial)));
    }
    return transaction.UpdateRevocation(issuance, progress);
  });
}

}  // namespace

absl::Status RevocationStep::Run(const Lease& lease) {
  Issuance issuance;
  absl::Time now;
  RETURN_IF_ERROR(services_.store.Read(lease.tenant, [&](Transaction& transaction) -> absl::Status {
    now = transaction.now();
    ASSIGN_OR_RETURN(issuance, transaction.GetIssuance(IssuanceId(lease.id)));
    return absl::OkStatus();
  }));
  const bool expired = issuance.validity.not_after <= now;
  std::optional<Setback> setback;
  if (lease.claims > kMaxClaims) {
    CountParked(services_, lease);
    setback = {.disposition = Disposition::kGiveUp, .finding = ParkedFinding(lease.claims)};
  } else if (!expired) {
    setback = AskCa(services_, accounts_, lease, issuance);
  }
  base::Log(setback ? base::LogLevel::kWarning : base::LogLevel::kInfo, "revocation step",
            {{"request_id", issuance.revocation->request_id},
             {"tenant", lease.tenant.text()},
             {"issuance", lease.id},
             {"code", setback ? FindingCodeName(setback->finding.code) : ""},
             {"error", setback ? setback->finding.sentence : ""}});
  return StoreOutcome(services_, lease, issuance, setback, expired);
}

}  // namespace cert

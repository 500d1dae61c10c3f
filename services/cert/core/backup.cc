#include "cert/core/backup.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "cert/core/expiry.h"
#include "cert/core/key_plan.h"

namespace cert {
namespace {

constexpr int kShortestDanger = 4;  // of the lifetime is one

bool Covers(const Issuance& backup, const Issuance& used) {
  return std::ranges::all_of(used.names, [&](const std::string& name) {
    return std::ranges::find(backup.names, name) != backup.names.end();
  });
}

KeyChoice KeysOf(const CertificateSettings& settings) {
  return KeyTypesOf(settings).front() == KeyType::kRsa2048 ? KeyChoice::kRsa2048
                                                           : KeyChoice::kEcdsaP256;
}

}  // namespace

Certificate MakeBackup(const Certificate& certificate, CertificateId id, const std::string& ca,
                       absl::Time now) {
  Certificate backup{
      .tenant = certificate.tenant,
      .id = std::move(id),
      .domains = certificate.domains,
      .names = certificate.names,
      .settings = certificate.settings,
      .request_id = certificate.request_id,
      .progress = {.state = CertificateState::kAwaitingDomain, .start_time = now, .due_time = now},
      .backup_of = certificate.id,
      .avoided_ca = ca,
      .create_time = now};
  backup.settings.backup = false;
  backup.settings.keys = KeysOf(certificate.settings);
  return backup;
}

absl::Time DangerTime(const Validity& validity) {
  const absl::Duration lifetime = validity.not_after - validity.not_before;
  return validity.not_after - std::min(kLastDay, lifetime / kShortestDanger);
}

std::optional<std::string> WhyUseBackup(const InUse& used, const Issuance& backup, absl::Time now) {
  const bool good = !backup.revocation && backup.validity.not_before <= now &&
                    backup.validity.not_after > now && Covers(backup, used.issuance);
  if (!good) return std::nullopt;
  if (used.issuance.revocation) return "the revocation of the one in use was asked for";
  const absl::Time end_time = used.issuance.validity.not_after;
  const bool in_danger = now >= DangerTime(used.issuance.validity);
  if (in_danger && backup.validity.not_after > end_time) {
    return absl::StrFormat("the one in use ends at %s and has no successor",
                           base::UtcText(end_time));
  }
  if (used.ca_wants_now && used.ca_is_down) {
    return absl::StrFormat("the CA %s wants the one in use replaced now, and does not answer",
                           used.issuance.ca);
  }
  return std::nullopt;
}

void UseBackup(const Issuance& backup, absl::Time now, Certificate& certificate) {
  certificate.issuance = backup.id;
  certificate.renew_time = now;
  certificate.expire_time = backup.validity.not_after;
  certificate.backup.reset();
  certificate.backup_use_time = now;
}

std::optional<absl::Time> ServedUntil(const Certificate& certificate) {
  if (certificate.backup_of) return std::nullopt;
  return FirstExpireTime(certificate);
}

std::optional<Finding> WithBackupInUse(std::optional<Finding> cause,
                                       std::optional<absl::Time> use_time) {
  if (!use_time) return cause;
  const std::string sentence =
      absl::StrFormat("The backup certificate has been served since %s.", base::UtcText(*use_time));
  if (cause) {
    cause->sentence += " " + sentence;
    return cause;
  }
  return Finding{.code = FindingCode::kBackupInUse,
                 .sentence = sentence + " A successor is being ordered; nothing is to be done."};
}

Finding NoBackupAuthorityFinding(const std::string& ca) {
  return {.code = FindingCode::kNoBackupAuthority,
          .sentence = absl::StrFormat(
              "There can be no backup: the certificate in use is from the CA %s, and no other CA "
              "that the certificate allows is configured. Padlock's operators can configure one.",
              ca)};
}

}  // namespace cert

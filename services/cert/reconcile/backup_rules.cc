#include "cert/reconcile/backup_rules.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cert/core/backup.h"
#include "cert/core/deployment.h"
#include "cert/store/record_moves.h"

namespace cert {
namespace {

// For the twin's order to be closed.
constexpr absl::Duration kTwinPause = absl::Seconds(10);
// Of another certificate: its owner may have records to create first.
constexpr absl::Duration kSameNamesPause = absl::Minutes(1);

// What is at the CA for good by now is left to end by itself.
absl::Status LeaveCa(Transaction& transaction, const Certificate& backup, const std::string& ca) {
  if (!backup.order) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Order order, transaction.GetOrder(*backup.order));
  if (order.ca != ca || order.progress.state == OrderState::kFinalizing) return absl::OkStatus();
  return MoveOrder(transaction, order.id, GivenUp{});
}

// The certificate is from another CA than before, perhaps from the backup's.
absl::Status Avoid(Transaction& transaction, const std::string& ca, Certificate backup) {
  if (backup.avoided_ca == ca) return absl::OkStatus();
  backup.avoided_ca = ca;
  RETURN_IF_ERROR(LeaveCa(transaction, backup, ca));
  if (backup.issuance) {
    ASSIGN_OR_RETURN(const Issuance issuance, transaction.GetIssuance(*backup.issuance));
    if (issuance.ca == ca) backup.renew_time = transaction.now();
  }
  if (!IsTerminal(backup.progress.state)) {
    ASSIGN_OR_RETURN(
        backup.progress,
        Advance(backup.progress, StillWaiting{.next_look = transaction.now()}, transaction.now()));
  }
  return transaction.UpdateCertificate(backup);
}

absl::StatusOr<InUse> StandingOf(Transaction& transaction, const Issuance& issuance) {
  InUse used{.issuance = issuance};
  ASSIGN_OR_RETURN(const std::optional<Renewal> renewal, transaction.GetRenewal(issuance.id));
  used.ca_wants_now = renewal && renewal->window && renewal->window->end <= transaction.now();
  ASSIGN_OR_RETURN(const CaHealth health, transaction.cas().GetHealth(issuance.ca));
  used.ca_is_down = health.failures >= kDownFailures;
  return used;
}

Event BackupUsed(const Certificate& certificate, const Issuance& backup, const std::string& why) {
  return {.type = EventType::kBackupUsed,
          .domain = certificate.domain,
          .certificate = certificate.id,
          .order = backup.order,
          .actor = "padlock-cert",
          .request_id = certificate.request_id,
          .message = absl::StrFormat(
              "The backup certificate, serial %s of the CA %s, is served from now on: %s.",
              backup.serial, backup.ca, why)};
}

// Its key is deployed from now on: it is a backup no more.
absl::Status Promote(const Services& services, Transaction& transaction, Certificate backup,
                     const Issuance& issuance, Certificate& certificate) {
  RETURN_IF_ERROR(transaction.HandOver(issuance.id, certificate.id));
  if (backup.order) {
    ASSIGN_OR_RETURN(const Order order, transaction.GetOrder(*backup.order));
    RETURN_IF_ERROR(LeaveCa(transaction, backup, order.ca));
  }
  backup.issuance.reset();
  ASSIGN_OR_RETURN(backup.progress, Advance(backup.progress, DeleteRequested{}, transaction.now()));
  RETURN_IF_ERROR(transaction.UpdateCertificate(backup));
  const std::optional<absl::Time> served_until = certificate.expire_time;
  UseBackup(issuance, transaction.now(), certificate);
  AwaitDeployment(services.options.deployment, issuance.id, served_until, transaction.now(),
                  certificate);
  certificate.finding =
      WithBackupInUse(std::move(certificate.finding), certificate.backup_use_time);
  return absl::OkStatus();
}

}  // namespace

absl::Status SeeToBackup(const Services& services, Transaction& transaction,
                         const Issuance& issuance, Certificate& certificate) {
  if (!certificate.settings.backup || certificate.issuance != issuance.id) return absl::OkStatus();
  certificate.backup_use_time.reset();
  if (certificate.backup) {
    ASSIGN_OR_RETURN(Certificate backup, transaction.GetCertificate(*certificate.backup));
    return Avoid(transaction, issuance.ca, std::move(backup));
  }
  const Certificate backup =
      MakeBackup(certificate, CertificateId::New(services.random), issuance.ca, transaction.now());
  certificate.backup = backup.id;
  return transaction.InsertCertificate(backup);
}

absl::Status UseBackupInDanger(const Services& services, Transaction& transaction,
                               Certificate& certificate) {
  if (!certificate.backup || !certificate.issuance) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Issuance used, transaction.GetIssuance(*certificate.issuance));
  ASSIGN_OR_RETURN(Certificate backup, transaction.GetCertificate(*certificate.backup));
  if (!backup.issuance) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Issuance issuance, transaction.GetIssuance(*backup.issuance));
  ASSIGN_OR_RETURN(const InUse standing, StandingOf(transaction, used));
  const std::optional<std::string> why = WhyUseBackup(standing, issuance, transaction.now());
  if (!why) return absl::OkStatus();
  RETURN_IF_ERROR(Promote(services, transaction, std::move(backup), issuance, certificate));
  transaction.AppendEvent(BackupUsed(certificate, issuance, *why));
  return absl::OkStatus();
}

absl::Status LockBackup(Transaction& transaction, const Certificate& certificate) {
  if (!certificate.backup) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Certificate backup, transaction.GetCertificate(*certificate.backup));
  return backup.order ? transaction.GetOrder(*backup.order).status() : absl::OkStatus();
}

absl::StatusOr<std::optional<LimitWait>> AwaitTwin(Transaction& transaction, const Order& order,
                                                   const Certificate& certificate) {
  const std::optional<CertificateId>& twin =
      certificate.backup_of ? certificate.backup_of : certificate.backup;
  if (order.new_order_sent) return std::nullopt;  // its answer was lost: the twin waits for it
  if (twin) RETURN_IF_ERROR(transaction.cas().LockUses(order.ca));
  ASSIGN_OR_RETURN(const bool is_open, transaction.HasTwinOrder(order));
  if (!is_open) return std::nullopt;
  if (certificate.backup) {
    ASSIGN_OR_RETURN(const Certificate backup, transaction.GetCertificate(*certificate.backup));
    RETURN_IF_ERROR(LeaveCa(transaction, backup, order.ca));
  }
  return LimitWait{.end_time = transaction.now() + (twin ? kTwinPause : kSameNamesPause),
                   .reason = kTwinIsOpen};
}

}  // namespace cert

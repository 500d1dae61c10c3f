// Backups in transactions: made beside what they stand by for, used when that is in danger, and
// kept from getting in its way. Shell around core/backup.h.
//
// Rows are locked from the certificate to its backup, never the other way.

#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/ca_ledger.h"
#include "cert/core/model.h"
#include "cert/reconcile/services.h"
#include "cert/store/store.h"

namespace cert {

// An order has brought `issuance` for `certificate`, which is stored by the caller. Makes the
// backup that it wants, or has the one that is there be from another CA again.
absl::Status SeeToBackup(const Services& services, Transaction& transaction,
                         const Issuance& issuance, Certificate& certificate);

// For a certificate whose renewal is due: serves its backup if it is in danger.
absl::Status UseBackupInDanger(const Services& services, Transaction& transaction,
                               Certificate& certificate);

// Locks the certificate's backup and that one's order, if there are any: before the row of a CA,
// which comes last (store.h), whatever the transaction will do with them.
absl::Status LockBackup(Transaction& transaction, const Certificate& certificate);

// Before newOrder, in the transaction that stores it as sent: a CA may answer an account's second
// order for the same names with the first, so two certificates of the same names, as one and its
// backup, are not ordered at one CA at the same time. The later order waits, or the backup's, which
// gives way. Until when, if so. After LockBackup.
absl::StatusOr<std::optional<LimitWait>> AwaitTwin(Transaction& transaction, const Order& order,
                                                   const Certificate& certificate);

}  // namespace cert

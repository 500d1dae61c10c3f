// The backup of a certificate: another one for the same names, from another CA and with another
// key, kept undeployed until the first is in danger. Pure.
//
// It is a certificate of its own, with its own orders, renewals and findings: what stops it stops
// nothing else. When it is needed, what was issued for it goes over to the first, and it is
// deleted: that key is deployed from then on. The next backup is made once an order has brought the
// first a successor, since only then it is known which CA to avoid.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/model.h"

namespace cert {

// The backup that `certificate` is to have, to be ordered from `now` on. `ca`: whose issuance is in
// use.
Certificate MakeBackup(const Certificate& certificate, CertificateId id, const std::string& ca,
                       absl::Time now);

// How the issuance in use stands.
struct InUse {
  const Issuance& issuance;
  bool ca_wants_now = false;  // its window for the renewal is over (RFC 9773)
  bool ca_is_down = false;
};

// From then on it is in danger: 24 hours before its end, or a quarter of a lifetime that is short.
absl::Time DangerTime(const Validity& validity);

// Why the backup is to be served now, as a part of a sentence; nothing when it is not, or does not
// do for the names in use.
std::optional<std::string> WhyUseBackup(const InUse& used, const Issuance& backup, absl::Time now);

// Puts what was issued for the backup in the place of the issuance in use. The certificate's
// renewal stays due.
void UseBackup(const Issuance& backup, absl::Time now, Certificate& certificate);

// When the issuance ends that is served for the certificate; nothing is served of a backup.
std::optional<absl::Time> ServedUntil(const Certificate& certificate);

// What is to be said of a certificate in which the backup has been used since `use_time`, if it
// has, while `cause`, if anything, stops its renewal.
std::optional<Finding> WithBackupInUse(std::optional<Finding> cause,
                                       std::optional<absl::Time> use_time);

// No CA is left for a backup besides `ca`.
Finding NoBackupAuthorityFinding(const std::string& ca);

}  // namespace cert

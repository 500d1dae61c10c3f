// Replaces the key of our account at a CA (RFC 8555, 7.3.5), while the service runs. The new key is
// stored before the request; from then on, until it has taken the old one's place, either may be
// the one that the CA knows, and asking the CA with the new one tells.

#pragma once

#include <optional>

#include "absl/status/status.h"
#include "base/deadline.h"
#include "cert/reconcile/services.h"
#include "cert/reconcile/setback.h"

namespace cert {

// Whether the CA knows the key that is to come as that of the account at `url`.
Outcome<bool> IsRolledOver(const CertificateAuthority& ca, const std::string& next_key_pem,
                           const std::string& url, base::Deadline deadline);

// Rolls the account over, or ends a roll-over that was interrupted. Safe to run again.
//   FAILED_PRECONDITION  there is no account at this CA yet, or the CA refuses, in its own words:
//                        the old key stays
//   UNAVAILABLE          the CA cannot be asked: run it again
// and the store's and sealer's.
absl::Status RollOverAccount(AccountStore& store, const Sealer& sealer,
                             const CertificateAuthority& ca, base::Deadline deadline);

}  // namespace cert

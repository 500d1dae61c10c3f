// Asks the CA when it would have a certificate renewed (RFC 9773, 4).

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/services.h"

namespace cert {

// What is now known of the renewals of the certificate's issuances, to be stored under the lease;
// the CA is asked about each when that is due. Empty when nothing is issued, or a renewal is due or
// under way.
absl::StatusOr<std::vector<Renewal>> LookAtRenewals(const Services& services, const Lease& lease);

}  // namespace cert

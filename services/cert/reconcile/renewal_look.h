// Asks the CA when it would have a certificate renewed (RFC 9773, 4).

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/services.h"

namespace cert {

// Whether the CA may be asked: something is issued, and no renewal is due or under way.
bool HasRenewalsToLookAt(const Certificate& certificate, absl::Time now);

// What is now known of the renewals of such a certificate's issuances, to be stored under the
// lease; the CA is asked about each when that is due.
absl::StatusOr<std::vector<Renewal>> LookAtRenewals(const Services& services, const Lease& lease);

}  // namespace cert

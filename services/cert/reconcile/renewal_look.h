// Asks the CA when it would have a certificate renewed (RFC 9773, 4).

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cert/core/renewal.h"
#include "cert/reconcile/services.h"

namespace cert {

// What is now known of the renewal of the certificate's issuance, to be stored under the lease; the
// CA is asked when that is due. Nothing when nothing is issued, or the renewal is due or under way.
absl::StatusOr<std::optional<Renewal>> LookAtRenewal(const Services& services, const Lease& lease);

}  // namespace cert

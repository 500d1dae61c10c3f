// One step of a revocation: asks the CA that issued (RFC 8555 7.6). What is asked for is stored
// before, and repeating is safe: alreadyRevoked is success.

#pragma once

#include "absl/status/status.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class RevocationStep {
 public:
  RevocationStep(const Services& services, Accounts& accounts)
      : services_(services), accounts_(accounts) {}

  // The store's errors; ABORTED: the lease is lost, and nothing was written.
  absl::Status Run(const Lease& lease);

 private:
  const Services& services_;
  Accounts& accounts_;
};

}  // namespace cert

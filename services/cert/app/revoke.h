// Revocations as transactions ask for them: stored, and done by the reconciler later. Shared by the
// use cases of this folder.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Who asks for a revocation, and why.
struct RevocationRequest {
  RevocationReason reason = RevocationReason::kUnspecified;
  std::string actor;
  std::string request_id;
  std::string key_hash = {};  // only issuances with this key; empty: all
};

// Asks for the revocation of every issuance of the certificate that has not expired, and of its
// backup; but not of that for a compromise of other keys than its own, since it steps in then. One
// that was asked for before stays as it is, but for a compromise of its key, which is told the CA
// again unless that has revoked already. A compromised key is blocked for everybody.
// Returns how many it concerns. INVALID_ARGUMENT: none has the key that is asked for.
absl::StatusOr<int> RevokeIssuances(Transaction& transaction, const Certificate& certificate,
                                    const RevocationRequest& request);

// Makes the replacement of what was revoked due at once, where it is in use or stands by. A live
// order with a blocked key is given up.
absl::Status ReplaceRevoked(Transaction& transaction, Certificate& certificate,
                            const RevocationRequest& request);

}  // namespace cert

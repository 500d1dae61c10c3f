// What was issued and will never be served: its certificate was deleted, or its order given up,
// while the CA issued. It is revoked.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/model.h"
#include "cert/core/revocation.h"
#include "cert/store/store.h"

namespace cert {

// Whether the key of the caller's request is known to be compromised. Keys of ours are fresh for
// each order; a caller's request stays.
absl::StatusOr<bool> HasCompromisedKey(Transaction& transaction, const Certificate& certificate);

// A revocation that nobody but we ask for.
struct OwnRevocation {
  DomainId domain;  // whose event tells of it
  RevocationReason reason = RevocationReason::kCessationOfOperation;
  std::string request_id;
  std::string why;  // "since …", for the event
};

// Stores it with its event. `issuance` is stored.
absl::Status RequestRevocation(Transaction& transaction, Issuance issuance,
                               const OwnRevocation& revocation);

// `issuance` is stored; `request_id` is the order's.
absl::Status RevokeUnwanted(Issuance issuance, const Certificate& certificate,
                            const std::string& request_id, Transaction& transaction);

}  // namespace cert

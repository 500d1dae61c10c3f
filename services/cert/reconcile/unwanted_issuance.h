// What was issued and will never be served: its certificate was deleted, or its order given up,
// while the CA issued. It is revoked.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Whether the key of the caller's request is known to be compromised. Keys of ours are fresh for
// each order; a caller's request stays.
absl::StatusOr<bool> HasCompromisedKey(Transaction& transaction, const Certificate& certificate);

// `issuance` is stored; `request_id` is the order's.
absl::Status RevokeUnwanted(Issuance issuance, const Certificate& certificate,
                            const std::string& request_id, Transaction& transaction);

}  // namespace cert

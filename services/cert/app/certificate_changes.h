// What a caller's wish means for a certificate and its live order, inside the caller's transaction.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "cert/app/caller.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Its order looks for the tokens at once, or is replaced when they are dead; the next order after a
// pause or a failure is opened now, and so is one for names that are set aside.
absl::Status RecheckCertificate(Transaction& transaction, const CertificateId& id,
                                const std::string& request_id);

// Gives up its live order, if the CA is not finalizing it yet, so that the next one is made anew.
absl::Status ReplaceOrder(Transaction& transaction, const CertificateId& id,
                          const std::string& request_id);

// Deletes it and gives up its live order. With `revoke` what was issued is revoked later, too.
absl::Status DeleteCertificate(Transaction& transaction, const CertificateId& id,
                               const Caller& caller, bool revoke);

// Has revoked what was issued for a certificate that is, or is being, deleted.
absl::Status RevokeDeleted(Transaction& transaction, const Certificate& certificate,
                           const Caller& caller);

}  // namespace cert

// What was issued for a hostname that another tenant has taken over is revoked, where the policy
// says so (core/contest.h). The reason is cessationOfOperation, which is for a subscriber who does
// not control a domain name of the certificate any more (Baseline Requirements 7.2.2). All of it is
// written in the loser's name, whose events tell of it; the CA is asked by revocation_step.h.

#pragma once

#include "absl/status/status.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Asks for the revocation of every issuance of `certificate` that has not expired and has a name of
// `lost`, also if others in it remain its owner's: it asserts control that is gone. What was asked
// for before stays as it is.
absl::Status RevokeLost(Transaction& transaction, const Domain& lost,
                        const Certificate& certificate);

// Makes the replacement of what is to be revoked due at once, for a certificate that goes on with
// the names that are left. Stores it.
absl::Status ReplaceLost(Transaction& transaction, Certificate certificate);

}  // namespace cert

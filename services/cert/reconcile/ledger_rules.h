// What counts against the limits of a CA, and until when it is at one: the shell around
// core/ca_ledger.h.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/ca_ledger.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/services.h"

namespace cert {

// The wait for an order of these names that ends last, by our count or the CA's word.
absl::StatusOr<std::optional<LimitWait>> FindWait(CaRecords& cas,
                                                  const CertificateAuthority& authority,
                                                  const std::vector<std::string>& names,
                                                  absl::Time now);

// Counts a newOrder in the transaction that stores it as sent; or, if it would go beyond a limit,
// or the CA has refused it for a while, stores nothing and returns until when. The store's errors;
// FAILED_PRECONDITION: the order was moved meanwhile, as by a deletion.
absl::StatusOr<std::optional<LimitWait>> CountNewOrder(OrderJob& job);

// No more of a newOrder that was counted and then not sent.
absl::Status TakeBackOrderUses(CaRecords& cas, const std::string& ca, const UnsentOrder& unsent);

// What the failed validation of these names counts for.
std::vector<LimitKey> FailedValidations(const std::string& ca,
                                        const std::vector<std::string>& names);
absl::Status AddFailedValidations(CaRecords& cas, const CertificateAuthority& authority,
                                  const std::vector<LimitKey>& failed);

}  // namespace cert

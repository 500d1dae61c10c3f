// The transaction that ends a step of an order.

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/finding.h"
#include "cert/core/model.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/services.h"

namespace cert {

// What is stored after a step.
struct CommittedOrder {
  absl::Time now;  // of the transaction
  Order order;
  Certificate certificate;
};

enum class AfterCommit { kKeepLease, kGiveUpLease };

// Stores what the step learnt (`order`), what it passed, how it concluded, and what follows for the
// certificate. If the order was moved meanwhile (a deletion), only the facts are stored. The
// store's errors; ABORTED: the lease is lost, and nothing was written.
absl::StatusOr<CommittedOrder> CommitOrder(const Services& services, const Lease& lease,
                                           const Order& order, const Passage& passage,
                                           const Conclusion& conclusion, AfterCommit after);

}  // namespace cert

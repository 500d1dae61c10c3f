// What is stored of an order on its way, and the transaction that ends its step.

#pragma once

#include <optional>

#include "absl/functional/function_ref.h"
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
  bool moved_meanwhile = false;
  Order order;
  Certificate certificate;
  std::optional<std::vector<TxtRecord>> unwanted_tokens;  // known where they are to be withdrawn
};

enum class AfterCommit { kKeepLease, kGiveUpLease };

// What an order has learnt and passed since it was last stored.
struct UnstoredOrder {
  const Order& order;
  const Passage& passage;
};

// Stores that, how the step concluded, and what follows for the certificate. If the order was moved
// meanwhile (a deletion), only the facts are stored. The store's errors; ABORTED: the lease is
// lost, and nothing was written.
absl::StatusOr<CommittedOrder> CommitOrder(const Services& services, const Lease& lease,
                                           const UnstoredOrder& unstored,
                                           const Conclusion& conclusion, AfterCommit after);

// Moves the order on by a conclusion that only leads on, which is stored with what follows.
absl::Status Pass(OrderJob& job, const Conclusion& conclusion);

// Stores what is not yet, and keeps the lease. False when the order was moved meanwhile: nothing is
// stored then, and what comes next for it is to be looked up first. Nothing is stored either where
// `may`, in the same transaction, returns an error, which is returned.
absl::StatusOr<bool> Save(
    OrderJob& job, absl::FunctionRef<absl::Status(Transaction&)> may = [](Transaction&) {
      return absl::OkStatus();
    });

// The same within a transaction that holds `stored`; Stored() follows its commit. Nothing when it
// was moved.
absl::StatusOr<std::optional<OrderProgress>> SaveOver(const Order& stored, Transaction& transaction,
                                                      const OrderJob& job, Order order);
void Stored(const OrderProgress& progress, OrderJob& job);

}  // namespace cert

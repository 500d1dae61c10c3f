// Orders that are to end, whoever decides so.

#pragma once

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "cert/core/lifecycle.h"
#include "cert/store/store.h"

namespace cert {

// Whatever the order was about to do, its next step closes it. One that is over stays so.
inline absl::Status GiveUpOrder(Transaction& transaction, const OrderId& id) {
  ASSIGN_OR_RETURN(Order order, transaction.GetOrder(id));
  const absl::StatusOr<OrderProgress> closing =
      Advance(order.progress, GivenUp{}, transaction.now());
  if (absl::IsFailedPrecondition(closing.status())) return absl::OkStatus();
  RETURN_IF_ERROR(closing.status());
  order.progress = *closing;
  return transaction.UpdateOrder(order);
}

}  // namespace cert

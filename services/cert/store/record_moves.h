// What callers' wishes and the reconciler's steps alike do to several rows of a transaction. By the
// store's interface alone.

#pragma once

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "cert/core/lifecycle.h"
#include "cert/core/model.h"
#include "cert/store/store.h"

namespace cert {

// Moves the order on by `event`; where that means nothing in its state it is left alone.
inline absl::Status MoveOrder(Transaction& transaction, const OrderId& id,
                              const OrderEvent& event) {
  ASSIGN_OR_RETURN(Order order, transaction.GetOrder(id));
  absl::StatusOr<OrderProgress> progress = Advance(order.progress, event, transaction.now());
  if (absl::IsFailedPrecondition(progress.status())) return absl::OkStatus();
  RETURN_IF_ERROR(progress.status());
  order.progress = *std::move(progress);
  return transaction.UpdateOrder(order);
}

// The domain's own certificate, if it has one, then those of several names that have names of it.
inline absl::StatusOr<std::vector<CertificateId>> CertificatesOf(Transaction& transaction,
                                                                 const Domain& domain) {
  ASSIGN_OR_RETURN(std::vector<CertificateId> certificates,
                   transaction.ListCertificatesSharing(domain.id));
  if (!domain.certificate.empty()) certificates.insert(certificates.begin(), domain.certificate);
  return certificates;
}

}  // namespace cert

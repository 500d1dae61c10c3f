// One step of an order: the work that its state asks for, then one transaction that moves the order
// and its certificate on.

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cert/core/inquiry.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"

namespace cert {

// Thread-safe.
class OrderStep {
 public:
  OrderStep(const Services& services, Accounts& accounts)
      : services_(services), accounts_(accounts) {}

  // Either finishes the step, or returns the inquiry that it waits for (its evidence goes to
  // FinishCheck under the same lease). An error means that nothing more can be stored under this
  // lease.
  absl::StatusOr<std::optional<Inquiry>> Begin(const Lease& lease);
  absl::Status FinishCheck(const Lease& lease, const Evidence& evidence);

 private:
  const Services& services_;
  Accounts& accounts_;
};

}  // namespace cert

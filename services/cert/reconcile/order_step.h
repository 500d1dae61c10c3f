// The steps of an order: for each the work that its state asks for, then one transaction that moves
// the order and its certificate on. One follows the other under the same lease while nothing is to
// be waited for.

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/model.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"

namespace cert {

struct LoadedOrder;
struct OrderJob;
struct Conclusion;

// Thread-safe.
class OrderStep {
 public:
  OrderStep(const Services& services, Accounts& accounts)
      : services_(services), accounts_(accounts) {}

  // Either gives the lease up, or returns the inquiry that a step waits for (its evidence goes to
  // FinishCheck under the same lease). An error means that nothing more can be stored under this
  // lease.
  absl::StatusOr<std::optional<Inquiry>> Begin(const Lease& lease);
  absl::StatusOr<std::optional<Inquiry>> FinishCheck(const Lease& lease, const Evidence& evidence);

 private:
  // `evidence`, if any, is what the step waited for.
  absl::StatusOr<std::optional<Inquiry>> GoOn(const Lease& lease, const Evidence* evidence);
  // Commits the step; OK and nothing when the lease was given up.
  absl::StatusOr<std::optional<LoadedOrder>> Commit(const OrderJob& job,
                                                    const Conclusion& conclusion);

  const Services& services_;
  Accounts& accounts_;
};

}  // namespace cert

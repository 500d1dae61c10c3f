// The steps of an order: for each the work that its state asks for, then a transaction that moves
// the order and its certificate on, unless the step only leads on to the next, with which it is
// stored. One follows the other under the same lease while there is not long to wait.

#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cert/core/finding.h"
#include "cert/core/inquiry.h"
#include "cert/core/model.h"
#include "cert/reconcile/accounts.h"
#include "cert/reconcile/services.h"
#include "cert/reconcile/suspension.h"

namespace cert {

struct OpenedOrder;
struct OrderInHand;
struct OrderJob;
struct Conclusion;

// Thread-safe.
class OrderStep {
 public:
  OrderStep(const Services& services, Accounts& accounts)
      : services_(services), accounts_(accounts) {}

  StepResult Begin(const Lease& lease);
  StepResult Begin(OpenedOrder opened);

 private:
  // `evidence`, if any, is what the step waited for.
  StepResult GoOn(const Lease& lease, OrderInHand hand, const Evidence* evidence);
  std::unique_ptr<Suspension> Await(const Lease& lease, Inquiry inquiry, OrderInHand hand);
  std::unique_ptr<Suspension> Pause(const Lease& lease, absl::Duration pause, OrderInHand hand);
  // What is stored then; nothing when the lease was given up. Only then is the job used up.
  absl::StatusOr<std::optional<OrderInHand>> Commit(OrderJob& job, const Conclusion& conclusion,
                                                    std::optional<absl::Duration> pause);

  const Services& services_;
  Accounts& accounts_;
};

}  // namespace cert

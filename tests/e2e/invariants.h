// What must hold of a lab after any faults, once nothing is under way any more; read from the
// database, from the CA's proxy and from the nameservers.

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "e2e/tenant.h"
#include "lab/lab.h"

namespace e2e {

// With these newOrders are counted, and none is forgotten, nor kept back.
inline constexpr int kUnreachedLimit = 1'000'000;
inline constexpr absl::Duration kWholeRun = absl::Hours(24 * 31);

// DATA_LOSS, naming what is wrong, unless of all tenants together
//   - every order has ended, and nothing else is overdue;
//   - each completed order has exactly one issuance, and each certificate no more than one order
//     that completed without being replaced by a renewal;
//   - event numbers have no gap;
//   - newOrder requests accepted <= orders intended + `lost_new_orders`, replies that never
//     arrived;
//   - each of them is in the ledger of the CA's limits, where they are `counted`;
//   - the CA finalized exactly the orders that completed, each once.
// With a CA that lost its memory, `forgotten` of them may have been finalized in vain. `renewals`
// of each certificate were asked for before they were due.
struct Allowance {
  int lost_new_orders = 0;
  int forgotten = 0;
  int renewals = 0;
  bool counted = false;
};
absl::Status CheckLedger(lab::Lab& lab, const Allowance& allowance = {});

// DATA_LOSS unless the domain's chain verifies with the key that is kept for it, and its delegation
// target, where it has one, shows the canary alone on every nameserver.
absl::Status CheckServed(Tenant& tenant, const pb::Domain& domain);

}  // namespace e2e

// Drops what is over: events past their time, orders that ended, issuances long expired, and what
// was deleted. Nothing that is served, can still be revoked or waits for something.

#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cert/core/ids.h"
#include "cert/store/connection_pool.h"

namespace cert {

struct RetentionPolicy {
  // Since the event, the end of the order or deletion, or the issuance's expiry.
  absl::Duration age = absl::Hours(24 * 90);
  // The oldest events of a tenant beyond these go earlier.
  std::int64_t max_events = 1'000'000;
};

// As role padlock_cert. Several replicas may run it at once: each row goes once. Thread-safe.
class Retention {
 public:
  // `pool` must outlive this.
  Retention(ConnectionPool& pool, RetentionPolicy policy) : pool_(pool), policy_(policy) {}

  // Drops some of what is over for the tenant, in one short transaction. Returns how many rows;
  // zero when nothing is left. The store's errors.
  absl::StatusOr<std::int64_t> DropSome(const TenantId& tenant);

 private:
  ConnectionPool& pool_;
  const RetentionPolicy policy_;
};

}  // namespace cert

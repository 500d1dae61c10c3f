// WorkQueue on PostgreSQL, as role padlock_claim.

#pragma once

#include <vector>

#include "base/mutex.h"
#include "cert/store/connection_pool.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe: each call borrows a connection for its one statement.
class PostgresWorkQueue final : public WorkQueue {
 public:
  // `pool` must outlive this.
  explicit PostgresWorkQueue(ConnectionPool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<Lease>> ClaimDue(const ClaimRequest& request) override;
  absl::Status GiveBack(const Lease& lease) override;
  absl::StatusOr<absl::Duration> UntilNextDue() override;
  absl::StatusOr<Backlog> GetBacklog() override;

 private:
  absl::Status GiveBackUnheard();

  ConnectionPool& pool_;
  base::Mutex mutex_;
  // Claimed by a transaction whose commit nobody answered.
  std::vector<Lease> unheard_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert

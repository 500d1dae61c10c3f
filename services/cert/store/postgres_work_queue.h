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
  int FirstShare();

  ConnectionPool& pool_;
  base::Mutex mutex_;
  int next_share_ ABSL_GUARDED_BY(mutex_) = 0;  // the one after the last that had its turn
  // Claimed by a transaction whose commit nobody answered.
  std::vector<Lease> unheard_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cert

// Store on PostgreSQL, as role padlock_cert.

#pragma once

#include "base/random.h"
#include "cert/store/connection_pool.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe: each call borrows a connection for its transaction.
class PostgresStore final : public Store {
 public:
  // Both must outlive this.
  PostgresStore(ConnectionPool& pool, base::Random& random) : pool_(pool), random_(random) {}

  absl::Status Read(const TenantId& tenant, Body body) override;
  absl::Status Write(const TenantId& tenant, Body body) override;
  absl::Status Checkpoint(const Lease& lease, Body body) override;
  absl::Status Finish(const Lease& lease, Body body) override;

 private:
  enum class Mode { kRead, kWrite, kCheckpoint, kFinish };

  absl::Status Run(Mode mode, const TenantId& tenant, const Lease* lease, Body body);
  absl::Status RunOnce(Mode mode, const TenantId& tenant, const Lease* lease, Body body);

  ConnectionPool& pool_;
  base::Random& random_;
};

}  // namespace cert

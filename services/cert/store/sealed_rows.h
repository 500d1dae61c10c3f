// Every sealed secret of the database, for sealing them again under another key-encryption key
// while the service runs.

#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "cert/core/ids.h"
#include "cert/core/sealed_secret.h"
#include "cert/store/connection_pool.h"

namespace cert {

// A secret with the row that it is bound to: an issuance's key is bound to the order that made it.
struct SealedRow {
  std::string table;
  std::string tenant;  // empty in global tables
  std::string id;
  SealedSecret secret;
};

// As role padlock_cert. Thread-safe.
class SealedRows {
 public:
  using Reseal = absl::FunctionRef<absl::StatusOr<SealedSecret>(const SealedRow&)>;

  struct Pass {
    std::int64_t resealed = 0;
    std::int64_t left = 0;    // under other keys, afterwards
    std::int64_t failed = 0;  // of these, `reseal` could not open
  };

  // `pool` must outlive this.
  explicit SealedRows(ConnectionPool& pool) : pool_(pool) {}

  // Gives each secret of the tenant that is not sealed under `key_id` to `reseal` and stores what
  // comes back, in small transactions, each row only while it is as it was read. Rows that somebody
  // works on are passed over. The store's errors.
  absl::StatusOr<Pass> ResealTenant(const TenantId& tenant, const std::string& key_id,
                                    Reseal reseal);
  // The same for what belongs to no tenant.
  absl::StatusOr<Pass> ResealGlobal(const std::string& key_id, Reseal reseal);

 private:
  ConnectionPool& pool_;
};

}  // namespace cert

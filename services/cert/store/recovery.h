// What a restored backup makes of the database: it is older than the world. Only while no replica
// runs.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/ids.h"
#include "cert/store/connection_pool.h"

namespace cert {

// As role padlock_cert. Thread-safe.
class Recovery {
 public:
  struct Result {
    std::int64_t orders = 0;   // open ones, to be read at their CAs again
    std::int64_t domains = 0;  // to be proved again
    // Issuances and open orders whose key is sealed under none of the keys that are there.
    std::vector<std::string> keyless;
  };

  // `pool` must outlive this.
  explicit Recovery(ConnectionPool& pool) : pool_(pool) {}

  // In one transaction: a new epoch for the tenant's events, so that every cursor from before is
  // out of range; no row is leased; open orders are due, each as if its newOrder had been sent;
  // claims are given up and proved domains are to be proved again, which the next orders wait for.
  // Running it again does the same again. The store's errors.
  absl::StatusOr<Result> RecoverTenant(const TenantId& tenant,
                                       const std::vector<std::string>& key_ids);

  // What was sent to the CAs since the backup is not in the database any more: their limits count
  // as used up now (CaRecords::NthNewestUses).
  absl::Status AssumeLimitsUsed(const std::vector<std::string>& cas);

  // Those of `urls` that no order has: made after the backup.
  absl::StatusOr<std::vector<std::string>> UnknownOrderUrls(const std::vector<std::string>& urls);

 private:
  ConnectionPool& pool_;
};

}  // namespace cert

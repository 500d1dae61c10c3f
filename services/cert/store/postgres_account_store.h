// AccountStore on PostgreSQL, as role padlock_cert.

#pragma once

#include <string>

#include "cert/store/connection_pool.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe.
class PostgresAccountStore final : public AccountStore {
 public:
  // `pool` must outlive this.
  explicit PostgresAccountStore(ConnectionPool& pool) : pool_(pool) {}

  absl::StatusOr<AcmeAccountRow> GetAccount(const std::string& ca) override;
  absl::StatusOr<AcmeAccountRow> InsertAccount(const AcmeAccountRow& account) override;
  absl::Status SetAccountUrl(const std::string& ca, const std::string& url) override;
  absl::StatusOr<AcmeAccountRow> PutNextKey(const std::string& ca,
                                            const SealedSecret& next_key) override;
  absl::Status PromoteNextKey(const std::string& ca, const SealedSecret& next_key) override;
  absl::Status DropNextKey(const std::string& ca, const SealedSecret& next_key) override;

 private:
  // Runs a statement about the key to come.
  absl::Status ChangeNextKey(const char* statement, const std::string& ca,
                             const SealedSecret& next_key);

  ConnectionPool& pool_;
};

}  // namespace cert

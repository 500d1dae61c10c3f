// HttpTokenStore on PostgreSQL, as role padlock_cert.

#pragma once

#include <optional>
#include <string>

#include "cert/store/connection_pool.h"
#include "cert/store/store.h"

namespace cert {

// Thread-safe.
class PostgresHttpTokenStore final : public HttpTokenStore {
 public:
  // `pool` must outlive this.
  explicit PostgresHttpTokenStore(ConnectionPool& pool) : pool_(pool) {}

  absl::StatusOr<std::optional<std::string>> FindKeyAuthorization(
      const std::string& token, const std::string& hostname) override;

 private:
  ConnectionPool& pool_;
};

}  // namespace cert

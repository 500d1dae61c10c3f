// A fixture with the store on a real PostgreSQL: a migrated database of its own for each test.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cert/store/connection_pool.h"
#include "cert/store/postgres_account_store.h"
#include "cert/store/postgres_event_log.h"
#include "cert/store/postgres_http_token_store.h"
#include "cert/store/postgres_store.h"
#include "cert/store/postgres_work_queue.h"
#include "lab/test_database.h"

namespace cert::testing {

class PostgresFixture : public ::testing::Test {
 protected:
  void SetUp() override;

  // Past any pooler.
  std::string ConnectionString(const std::string& role) const {
    return database_->ConnectionString(role);
  }
  // For the store's pools; called once the database is there.
  virtual std::string PoolConnectionString(const std::string& role) const {
    return ConnectionString(role);
  }
  lab::Postgres& server() { return database_->server(); }

  // Runs SQL as the superuser, who passes row-level security. Query returns the first column of
  // the first row as text, "" when null. A failure fails the test.
  void Execute(const std::string& sql);
  std::string Query(const std::string& sql);
  // The SQLSTATE that `sql` ends with when `role` runs it; "" when it succeeds.
  std::string SqlStateAs(const std::string& role, const std::string& sql);

  // Moves padlock_now(), for transactions that begin after it.
  void AdvanceDatabaseClock(absl::Duration by);

  // Claims one due row; fails the test unless there is exactly one.
  Lease ClaimOne();

  std::unique_ptr<lab::TestDatabase> database_;
  std::unique_ptr<ConnectionPool> pool_;
  std::unique_ptr<ConnectionPool> claim_pool_;
  std::unique_ptr<PostgresStore> store_;
  std::unique_ptr<PostgresWorkQueue> queue_;
  std::unique_ptr<PostgresAccountStore> accounts_;
  std::unique_ptr<PostgresEventLog> events_;
  std::unique_ptr<PostgresHttpTokenStore> http_tokens_;
};

}  // namespace cert::testing

// For test suites: one PostgreSQL per process, one database per test.
//
//   absl::StatusOr<std::unique_ptr<lab::TestDatabase>> database =
//       lab::TestDatabase::Create([](const std::string& owner) { return store::Migrate(owner); });

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/postgres.h"

namespace lab {

// Fills a new database; gets the connection string of its owner, padlock_owner.
using FillDatabase = std::function<absl::Status(const std::string& owner_connection_string)>;

// Thread-safe. Dropped with the object.
class TestDatabase {
 public:
  // `fill` runs once per process, for the template; what it makes is copied for each test.
  static absl::StatusOr<std::unique_ptr<TestDatabase>> Create(const FillDatabase& fill);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  std::string ConnectionString(const std::string& user) const;
  // Through PgBouncer in transaction mode, which the process's first call starts.
  absl::StatusOr<std::string> PooledConnectionString(const std::string& user) const;
  // The server behind it, for tests of what happens when it goes away. All tests share it.
  Postgres& server() const { return server_; }

 private:
  TestDatabase(Postgres& server, std::string name);

  Postgres& server_;
  const std::string name_;
};

}  // namespace lab

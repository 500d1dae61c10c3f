// PgBouncer in transaction mode in front of one PostgreSQL server, set up as in production: a
// server connection serves another client with each transaction, and callers of a server that is
// away are told so within seconds.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/postgres.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// Not thread-safe, but for ConnectionString.
class PgBouncer {
 public:
  // Both must outlive it.
  static absl::StatusOr<std::unique_ptr<PgBouncer>> Start(const Stack& stack,
                                                          const Postgres& server);
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  // For libpq; any database of the server, and our roles.
  std::string ConnectionString(const std::string& user, const std::string& database) const;

  // A crash of it, and its restart.
  void Kill();
  absl::Status Resume();

 private:
  PgBouncer(const Stack& stack, std::string directory);

  const Stack& stack_;
  const std::string directory_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab

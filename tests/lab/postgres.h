// A PostgreSQL cluster of our own, reachable through a Unix socket only. Everybody who reaches the
// socket is trusted; the socket's directory keeps everybody else out.
//
// Roles: padlock_owner (owns databases, migrates), padlock_cert, padlock_claim, padlock_read.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace lab {

// Not thread-safe, but for ConnectionString.
class Postgres {
 public:
  // `stack` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Postgres>> Start(const Stack& stack);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // A database owned by padlock_owner; a copy of database `from` unless that is empty. Nobody may
  // be connected to `from`.
  absl::Status CreateDatabase(const std::string& name, const std::string& from = "");
  // Ends connections to it.
  absl::Status DropDatabase(const std::string& name);
  // One statement or several, as the superuser.
  absl::Status Execute(const std::string& database, const std::string& sql);

  // For libpq; the second with the directory of another socket that leads here.
  std::string ConnectionString(const std::string& user, const std::string& database) const;
  static std::string ConnectionString(const std::string& directory, const std::string& user,
                                      const std::string& database);
  const std::string& directory() const { return directory_; }

  // Stop() rolls open transactions back and ends connections, as a planned restart does; Kill() is
  // a power cut. Resume() starts again with the same data.
  void Stop();
  void Kill();
  absl::Status Resume();

 private:
  Postgres(const Stack& stack, std::string directory);

  const Stack& stack_;
  const std::string directory_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab

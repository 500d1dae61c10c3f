// A PostgreSQL cluster of our own, reachable through a Unix socket only. Everybody who reaches the
// socket is trusted; the socket's directory keeps everybody else out.
//
// Roles: padlock_owner (owns databases, migrates), padlock_cert, padlock_claim, padlock_read.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lab/process.h"
#include "lab/small_disk.h"
#include "lab/stack.h"

namespace lab {

struct PostgresOptions {
  std::string name = "postgres";      // of its directory and log
  std::vector<std::string> settings;  // "name=value", besides ours
  int disk_megabytes = 0;             // of a file system of its own; 0: it shares everybody's
};

// Not thread-safe, but for ConnectionString.
class Postgres {
 public:
  // `stack` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Postgres>> Start(const Stack& stack,
                                                         PostgresOptions options = {});
  // A standby that streams from `primary`, which waits for it with every commit from then on, so
  // that the standby has all that was acknowledged.
  static absl::StatusOr<std::unique_ptr<Postgres>> StartStandby(const Stack& stack,
                                                                Postgres& primary);
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

  // All but those of the superuser.
  absl::Status TerminateConnections(const std::string& database);

  // For libpq; the second with the directory of another socket that leads here, the third to
  // whichever of the two is the primary.
  std::string ConnectionString(const std::string& user, const std::string& database) const;
  static std::string ConnectionString(const std::string& directory, const std::string& user,
                                      const std::string& database);
  std::string ConnectionString(const std::string& user, const std::string& database,
                               const Postgres& standby) const;
  // Of its Unix socket, whose port is 5432.
  const std::string& directory() const { return directory_; }

  // Stop() rolls open transactions back and ends connections, as a planned restart does; Kill() is
  // a power cut. Resume() starts again with the same data.
  void Stop();
  void Kill();
  absl::Status Resume();
  bool Running() const { return process_ != nullptr && process_->Running(); }
  // Makes a standby the primary; returns once it takes writes.
  absl::Status Promote();

  // Its own file system, to fill; null without PostgresOptions::disk_megabytes.
  SmallDisk* disk() { return disk_.get(); }

 private:
  Postgres(const Stack& stack, PostgresOptions options, std::string directory);

  std::string data() const { return directory_ + "/data"; }
  absl::Status CopyCluster(const std::string& cluster);
  absl::Status BackUp(const Postgres& primary, const std::string& programs);

  const Stack& stack_;
  const PostgresOptions options_;
  const std::string directory_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<Process> process_;
};

}  // namespace lab

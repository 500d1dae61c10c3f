#include "lab/pgbouncer.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace lab {
namespace {

constexpr char kPoolerUser[] = "postgres";  // it refuses to run as root

// Few server connections, so that clients do share them. The timeouts are what a service needs
// whose callers are told at once: the defaults let a query wait for two minutes, and fifteen
// seconds pass before a server that is back is tried again.
constexpr char kConfig[] = R"([databases]
* = host=%1$s port=5432

[pgbouncer]
pool_mode = transaction
unix_socket_dir = %2$s
unix_socket_mode = 0700
listen_port = 6432
auth_type = trust
auth_file = %2$s/users
default_pool_size = 4
max_client_conn = 200
max_db_connections = 0
server_login_retry = 1
server_connect_timeout = 3
query_wait_timeout = 1
)";

constexpr char kUsers[] = R"("padlock_cert" ""
"padlock_claim" ""
"padlock_read" ""
"padlock_owner" ""
)";

// Made by us, read by the server's user.
absl::Status WriteReadable(const std::string& directory, const std::string& name,
                           const std::string& text) {
  return RunCommand({"sh", "-c", "umask 077; cat > \"$1\"", "sh", directory + "/" + name},
                    {.input = text, .user = kPoolerUser})
      .status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PgBouncer>> PgBouncer::Start(const Stack& stack,
                                                            const Postgres& server) {
  ASSIGN_OR_RETURN(const std::string directory, stack.MakeDirectory("pgbouncer", kPoolerUser));
  RETURN_IF_ERROR(WriteReadable(directory, "pgbouncer.ini",
                                absl::StrFormat(kConfig, server.directory(), directory)));
  RETURN_IF_ERROR(WriteReadable(directory, "users", kUsers));
  std::unique_ptr<PgBouncer> pooler(new PgBouncer(stack, directory));
  RETURN_IF_ERROR(pooler->Resume());
  return pooler;
}

PgBouncer::PgBouncer(const Stack& stack, std::string directory)
    : stack_(stack), directory_(std::move(directory)) {}

std::string PgBouncer::ConnectionString(const std::string& user,
                                        const std::string& database) const {
  return absl::StrFormat("host=%s port=6432 user=%s dbname=%s", directory_, user, database);
}

void PgBouncer::Kill() { process_->Kill(); }

absl::Status PgBouncer::Resume() {
  ASSIGN_OR_RETURN(process_,
                   Process::Start({.name = "pgbouncer",
                                   .command = {"pgbouncer", directory_ + "/pgbouncer.ini"},
                                   .directory = directory_,
                                   .log_file = stack_.LogFile("pgbouncer"),
                                   .pid_directory = stack_.pid_directory(),
                                   .user = kPoolerUser,
                                   .notifies = true}));
  return process_->AwaitReady(base::Deadline::After(kStartTimeout));
}

}  // namespace lab

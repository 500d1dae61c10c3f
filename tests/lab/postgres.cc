#include "lab/postgres.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <pqxx/pqxx>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace lab {
namespace {

constexpr char kUser[] = "postgres";  // the server refuses to run as root
constexpr char kStandby[] = "standby";

constexpr std::array kSettings = {
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=32MB",
    "fsync=off",
    "full_page_writes=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] %u@%d ",
    "jit=off",
};

constexpr char kRoles[] = R"(
CREATE ROLE padlock_owner LOGIN;
CREATE ROLE padlock_cert LOGIN;
CREATE ROLE padlock_claim LOGIN;
CREATE ROLE padlock_read LOGIN;
)";

constexpr char kAwaitStandby[] = "ALTER SYSTEM SET synchronous_standby_names = 'standby'";

constexpr char kTerminate[] = R"(
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = '%s' AND usename <> 'postgres')";

// Debian keeps each major version's programs in a folder of its own; the newest is taken.
absl::StatusOr<std::string> ProgramDirectory() {
  int newest = 0;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", missing)) {
    int version = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &version)) {
      newest = std::max(newest, version);
    }
  }
  if (newest == 0) return absl::NotFoundError("postgresql is not installed");
  return absl::StrFormat("/usr/lib/postgresql/%d/bin", newest);
}

// initdb takes seconds, so its result is kept and copied. It is made under another name and then
// renamed, so that processes that come here at the same time cannot disturb each other.
absl::StatusOr<std::string> FreshCluster(const Stack& stack, const std::string& programs) {
  ASSIGN_OR_RETURN(const std::string parent, LabDirectory());
  const std::string version = std::filesystem::path(programs).parent_path().filename();
  const std::string cached = absl::StrFormat("%s/initdb-%s", parent, version);
  if (std::filesystem::exists(cached)) return cached;
  ASSIGN_OR_RETURN(const std::string fresh, stack.MakeDirectory("initdb", kUser));
  const absl::StatusOr<std::string> made = RunCommand(
      {programs + "/initdb", "--pgdata=" + fresh + "/data", "--username=postgres", "--auth=trust",
       "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync", "--no-instructions"},
      {.user = kUser, .directory = fresh, .timeout = kStartTimeout});
  if (!made.ok()) return made.status();
  std::error_code lost_race;
  std::filesystem::rename(fresh, cached, lost_race);
  return cached;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Postgres>> Postgres::Start(const Stack& stack,
                                                          PostgresOptions options) {
  ASSIGN_OR_RETURN(const std::string programs, ProgramDirectory());
  ASSIGN_OR_RETURN(const std::string cluster, FreshCluster(stack, programs));
  ASSIGN_OR_RETURN(const std::string directory, stack.MakeDirectory(options.name, kUser));
  std::unique_ptr<Postgres> server(new Postgres(stack, std::move(options), directory));
  RETURN_IF_ERROR(server->CopyCluster(cluster));
  RETURN_IF_ERROR(server->Resume());
  RETURN_IF_ERROR(server->Execute("postgres", kRoles));
  return server;
}

absl::StatusOr<std::unique_ptr<Postgres>> Postgres::StartStandby(const Stack& stack,
                                                                 Postgres& primary) {
  ASSIGN_OR_RETURN(const std::string programs, ProgramDirectory());
  ASSIGN_OR_RETURN(const std::string directory, stack.MakeDirectory(kStandby, kUser));
  std::unique_ptr<Postgres> standby(new Postgres(stack, {.name = kStandby}, directory));
  RETURN_IF_ERROR(standby->BackUp(primary, programs));
  RETURN_IF_ERROR(standby->Resume());
  // After the backup, so that the standby itself waits for nobody once it is promoted.
  RETURN_IF_ERROR(primary.Execute("postgres", kAwaitStandby));
  RETURN_IF_ERROR(primary.Execute("postgres", "SELECT pg_reload_conf()"));
  return standby;
}

Postgres::Postgres(const Stack& stack, PostgresOptions options, std::string directory)
    : stack_(stack), options_(std::move(options)), directory_(std::move(directory)) {}

absl::Status Postgres::CopyCluster(const std::string& cluster) {
  std::vector<std::string> copy = {"cp", "-a", "--reflink=auto", cluster + "/data/.", data()};
  CommandOptions how{.user = kUser, .directory = directory_};
  if (options_.disk_megabytes > 0) {
    ASSIGN_OR_RETURN(disk_, SmallDisk::Mount(stack_, {.directory = data(),
                                                      .user = kUser,
                                                      .megabytes = options_.disk_megabytes}));
    copy = disk_->Enter(copy);
    how.user.clear();
  }
  return RunCommand(copy, how).status();
}

absl::Status Postgres::BackUp(const Postgres& primary, const std::string& programs) {
  const std::string source = absl::StrFormat(
      "%s application_name=%s", primary.ConnectionString("postgres", "postgres"), kStandby);
  return RunCommand({programs + "/pg_basebackup", "--pgdata=" + data(), "--dbname=" + source,
                     "--write-recovery-conf", "--checkpoint=fast", "--no-sync"},
                    {.user = kUser, .directory = directory_, .timeout = kStartTimeout})
      .status();
}

Postgres::~Postgres() { Stop(); }

absl::Status Postgres::CreateDatabase(const std::string& name, const std::string& from) {
  return Execute("postgres",
                 absl::StrFormat(R"(CREATE DATABASE "%s" OWNER padlock_owner TEMPLATE "%s")", name,
                                 from.empty() ? "template0" : from));
}

absl::Status Postgres::DropDatabase(const std::string& name) {
  return Execute("postgres", absl::StrFormat(R"(DROP DATABASE IF EXISTS "%s" WITH (FORCE))", name));
}

absl::Status Postgres::Execute(const std::string& database, const std::string& sql) {
  try {
    pqxx::connection connection(ConnectionString("postgres", database));
    pqxx::nontransaction(connection).exec(sql);
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status Postgres::TerminateConnections(const std::string& database) {
  return Execute("postgres", absl::StrFormat(kTerminate, database));
}

std::string Postgres::ConnectionString(const std::string& user, const std::string& database) const {
  return ConnectionString(directory_, user, database);
}

std::string Postgres::ConnectionString(const std::string& directory, const std::string& user,
                                       const std::string& database) {
  return absl::StrFormat("host=%s port=5432 user=%s dbname=%s", directory, user, database);
}

std::string Postgres::ConnectionString(const std::string& user, const std::string& database,
                                       const Postgres& standby) const {
  return absl::StrFormat("host=%s,%s port=5432 user=%s dbname=%s target_session_attrs=read-write",
                         directory_, standby.directory_, user, database);
}

void Postgres::Stop() {
  if (process_ == nullptr) return;
  if (process_->Signal(SIGINT).ok()) {
    const absl::StatusOr<int> stopped = process_->Wait(base::Deadline::After(absl::Seconds(10)));
    if (!stopped.ok()) process_->Kill();
  }
  process_.reset();
}

void Postgres::Kill() {
  if (process_ == nullptr) return;
  process_->Kill();
  process_.reset();
}

absl::Status Postgres::Resume() {
  ASSIGN_OR_RETURN(const std::string programs, ProgramDirectory());
  std::vector<std::string> command = {programs + "/postgres", "-D", data()};
  for (const char* setting : kSettings) command.insert(command.end(), {"-c", setting});
  for (const std::string& setting : options_.settings) {
    command.insert(command.end(), {"-c", setting});
  }
  command.insert(command.end(), {"-c", "unix_socket_directories=" + directory_});
  if (disk_ != nullptr) command = disk_->Enter(command);
  ASSIGN_OR_RETURN(process_, Process::Start({.name = options_.name,
                                             .command = std::move(command),
                                             .directory = directory_,
                                             .log_file = stack_.LogFile(options_.name),
                                             .pid_directory = stack_.pid_directory(),
                                             .user = disk_ == nullptr ? kUser : "",
                                             .death_signal = SIGQUIT,
                                             .notifies = true}));
  return process_->AwaitReady(base::Deadline::After(kStartTimeout));
}

absl::Status Postgres::Promote() { return Execute("postgres", "SELECT pg_promote()"); }

}  // namespace lab

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
constexpr absl::Duration kStartTimeout = absl::Seconds(60);

constexpr std::array kSettings = {
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "shared_buffers=32MB",
    "fsync=off",
    "full_page_writes=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m %u@%d ",
    "jit=off",
};

constexpr char kRoles[] = R"(
CREATE ROLE padlock_owner LOGIN;
CREATE ROLE padlock_cert LOGIN;
CREATE ROLE padlock_claim LOGIN;
CREATE ROLE padlock_read LOGIN;
)";

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

absl::StatusOr<std::unique_ptr<Postgres>> Postgres::Start(const Stack& stack) {
  ASSIGN_OR_RETURN(const std::string programs, ProgramDirectory());
  ASSIGN_OR_RETURN(const std::string cluster, FreshCluster(stack, programs));
  ASSIGN_OR_RETURN(const std::string directory, stack.MakeDirectory("postgres", kUser));
  const absl::StatusOr<std::string> copied =
      RunCommand({"cp", "-a", "--reflink=auto", cluster + "/data", directory + "/data"},
                 {.user = kUser, .directory = directory});
  if (!copied.ok()) return copied.status();
  std::unique_ptr<Postgres> server(new Postgres(stack, directory));
  RETURN_IF_ERROR(server->Resume());
  RETURN_IF_ERROR(server->Execute("postgres", kRoles));
  return server;
}

Postgres::Postgres(const Stack& stack, std::string directory)
    : stack_(stack), directory_(std::move(directory)) {}

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

std::string Postgres::ConnectionString(const std::string& user, const std::string& database) const {
  return ConnectionString(directory_, user, database);
}

std::string Postgres::ConnectionString(const std::string& directory, const std::string& user,
                                       const std::string& database) {
  return absl::StrFormat("host=%s port=5432 user=%s dbname=%s", directory, user, database);
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
  std::vector<std::string> command = {programs + "/postgres", "-D", directory_ + "/data"};
  for (const char* setting : kSettings) command.insert(command.end(), {"-c", setting});
  command.insert(command.end(), {"-c", "unix_socket_directories=" + directory_});
  ASSIGN_OR_RETURN(process_, Process::Start({.name = "postgres",
                                             .command = std::move(command),
                                             .directory = directory_,
                                             .log_file = stack_.LogFile("postgres"),
                                             .pid_directory = stack_.pid_directory(),
                                             .user = kUser,
                                             .death_signal = SIGQUIT,
                                             .notifies = true}));
  return process_->AwaitReady(base::Deadline::After(kStartTimeout));
}

}  // namespace lab

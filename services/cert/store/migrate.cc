#include "cert/store/migrate.h"

#include <algorithm>
#include <memory>
#include <pqxx/pqxx>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "cert/store/migrations.h"
#include "cert/store/pg_connection.h"
#include "cert/store/pqxx_guard.h"

namespace cert {
namespace {

// Any number nobody else uses: "padlock" in ASCII.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(31632967962456939)";

// Rather fail than keep the service waiting behind a lock that a long query withholds.
constexpr char kLimits[] = "SET LOCAL lock_timeout = '10s'";

constexpr char kPrepare[] = R"(
CREATE SCHEMA IF NOT EXISTS padlock;
CREATE TABLE IF NOT EXISTS padlock.schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  apply_time timestamptz NOT NULL DEFAULT now()
))";

constexpr char kExists[] = "SELECT to_regclass('padlock.schema_migrations') IS NOT NULL";

constexpr char kApplied[] =
    "SELECT version, name, checksum FROM padlock.schema_migrations ORDER BY version";

constexpr char kRecord[] =
    "INSERT INTO padlock.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";

struct Applied {
  int version;
  std::string name;
  std::string checksum;
};

std::vector<Applied> ReadApplied(pqxx::transaction_base& transaction) {
  std::vector<Applied> applied;
  if (!transaction.exec1(kExists)[0].as<bool>()) return applied;
  for (const pqxx::row& row : transaction.exec(kApplied)) {
    applied.push_back({row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>()});
  }
  return applied;
}

// FAILED_PRECONDITION unless one of both is a beginning of the other: what is applied, and what
// this binary carries.
absl::Status CheckCommonBeginning(const std::vector<Applied>& applied) {
  const auto migrations = EmbeddedMigrations();
  for (std::size_t i = 0; i < std::min(applied.size(), migrations.size()); ++i) {
    if (applied[i].version != migrations[i].version) {
      return absl::FailedPreconditionError(
          absl::StrFormat("the schema has migration %s where this binary has %s", applied[i].name,
                          migrations[i].name));
    }
    if (applied[i].checksum != migrations[i].checksum) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "migration %s was applied with other contents than this binary's", migrations[i].name));
    }
  }
  return absl::OkStatus();
}

// The names of those that a newer binary has applied, with commas between them; often empty.
std::string NamesOfLater(const std::vector<Applied>& applied) {
  const std::size_t known = std::min(applied.size(), EmbeddedMigrations().size());
  const auto append_name = [](std::string* out, const Applied& one) { out->append(one.name); };
  return absl::StrJoin(applied.begin() + static_cast<std::ptrdiff_t>(known), applied.end(), ", ",
                       append_name);
}

absl::Status CheckNoneIsLater(const std::vector<Applied>& applied) {
  const std::string later = NamesOfLater(applied);
  if (later.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "the schema has migrations that this binary does not know: %s. Nothing was changed; use the "
      "binary that applied them",
      later));
}

absl::Status CheckNoneIsMissing(const std::vector<Applied>& applied) {
  if (applied.size() >= EmbeddedMigrations().size()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "the schema is at migration %d, this binary needs %d: run padlock-cert migrate",
      applied.size(), EmbeddedMigrations().size()));
}

// What is applied, of which nothing is missing.
absl::StatusOr<std::vector<Applied>> ReadComplete(ConnectionPool& pool) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection, pool.Connect());
  try {
    pqxx::read_transaction transaction(connection->connection);
    std::vector<Applied> applied = ReadApplied(transaction);
    RETURN_IF_ERROR(CheckCommonBeginning(applied));
    RETURN_IF_ERROR(CheckNoneIsMissing(applied));
    return applied;
  } catch (...) {
    return StatusFromCurrentException(Stage::kStatement);
  }
}

// Applies the next missing migration. False: nothing is missing.
absl::StatusOr<bool> ApplyNext(pqxx::connection& connection) {
  Stage stage = Stage::kStatement;
  try {
    pqxx::work transaction(connection);
    transaction.exec(kLock);
    transaction.exec(kLimits);
    const std::vector<Applied> applied = ReadApplied(transaction);
    RETURN_IF_ERROR(CheckCommonBeginning(applied));
    RETURN_IF_ERROR(CheckNoneIsLater(applied));
    const auto migrations = EmbeddedMigrations();
    if (applied.size() == migrations.size()) return false;
    const Migration& next = migrations[applied.size()];
    if (applied.empty()) transaction.exec(kPrepare);
    transaction.exec(next.sql);
    transaction.exec_params0(kRecord, next.version, next.name, next.checksum);
    stage = Stage::kCommit;
    transaction.commit();
    return true;
  } catch (...) {
    const absl::Status status = StatusFromCurrentException(stage);
    // Whether it was committed does not matter: the next run looks.
    if (!absl::IsUnknown(status)) return status;
    return absl::UnavailableError("connection lost during a migration's commit");
  }
}

}  // namespace

absl::Status Migrate(const std::string& connection_string) {
  const ConnectionPool pool(
      {.connection_string = connection_string, .application_name = "padlock-migrate"});
  ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection, pool.Connect());
  while (true) {
    ASSIGN_OR_RETURN(const bool applied, ApplyNext(connection->connection));
    if (!applied) return absl::OkStatus();
  }
}

absl::Status CheckSchema(ConnectionPool& pool) {
  ASSIGN_OR_RETURN(const std::vector<Applied> applied, ReadComplete(pool));
  return CheckNoneIsLater(applied);
}

absl::Status CheckSchemaToServe(ConnectionPool& pool) {
  ASSIGN_OR_RETURN(const std::vector<Applied> applied, ReadComplete(pool));
  const std::string later = NamesOfLater(applied);
  if (later.empty()) return absl::OkStatus();
  base::Log(base::LogLevel::kWarning, "a newer version has brought the schema forward",
            {{"migrations", later}});
  return absl::OkStatus();
}

}  // namespace cert

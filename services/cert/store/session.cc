#include "cert/store/session.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cert/store/row_values.h"

namespace cert {
namespace {

constexpr char kBegin[] =
    "SELECT set_config('padlock.tenant', $1, true), padlock.padlock_now()::text AS now";

// Behind a pooler the connection may serve another client's next transaction: what is set for the
// session elsewhere is set within ours. A transaction that falls silent, because its process is
// stopped or cut off, must not keep its locks: others would pass the rows over for as long.
constexpr char kAndSettings[] = R"(,
       set_config('statement_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('lock_timeout', $3, true), set_config('TimeZone', 'UTC', true),
       set_config('DateStyle', 'ISO, YMD', true))";

// Before it where the commit must never be in doubt.
constexpr char kMark[] = R"(
WITH mark AS (
  INSERT INTO padlock.commits AS c (client, sequence, time)
  VALUES ($$$0::uuid, $$$1, padlock.padlock_now())
  ON CONFLICT (client) DO UPDATE SET sequence = excluded.sequence, time = excluded.time)
)";

// Marks of connections that are long gone. One in use loses nothing: its next transaction marks
// again.
constexpr char kForgetMarks[] = R"(
DELETE FROM padlock.commits WHERE client IN (
  SELECT c.client FROM padlock.commits AS c
  WHERE c.time < padlock.padlock_now() - interval '1 day'
  LIMIT 100 FOR UPDATE SKIP LOCKED))";

// Waits for the transaction that wrote the mark, whether it inserts or updates the row.
constexpr char kReadMark[] = R"(
INSERT INTO padlock.commits AS c (client, sequence, time)
VALUES ($1::uuid, 0, padlock.padlock_now())
ON CONFLICT (client) DO UPDATE SET time = excluded.time
RETURNING c.sequence)";

// A crashed server recovers in this time. Callers wait for no longer, and there are few threads to
// answer others with.
constexpr absl::Duration kSettleTimeout = absl::Seconds(10);
constexpr base::BackoffPolicy kSettlePauses{.initial = absl::Milliseconds(50),
                                            .cap = absl::Seconds(1)};

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%dms", absl::ToInt64Milliseconds(duration));
}

const char* BeginCommand(Access access) {
  return access == Access::kRead ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(ConnectionPool& pool, const TenantId& tenant,
                                                       Access access, base::Deadline deadline) {
  while (true) {
    ASSIGN_OR_RETURN(ConnectionPool::Borrowed connection, pool.Borrow(deadline));
    const bool reused = connection.reused();
    std::unique_ptr<Session> session(new Session(pool, std::move(connection)));
    const absl::Status status = session->Begin(tenant, access);
    if (status.ok()) return session;
    // A connection that died while it was idle costs nobody an error: its failure has emptied the
    // pool, so the next one is new.
    if (!absl::IsUnavailable(status) || !reused) return status;
  }
}

Session::Session(ConnectionPool& pool, ConnectionPool::Borrowed connection)
    : pool_(pool), connection_(std::move(connection)) {}

Session::~Session() = default;

absl::Status Session::Begin(const TenantId& tenant, Access access) {
  PgConnection& connection = *connection_;
  try {
    const SilenceGuard::Watch watch(pool_.guard(), Socket());
    transaction_ =
        std::make_unique<BatchingTransaction>(connection.connection, BeginCommand(access));
    const pqxx::row row = SendBegin(tenant, access);
    now_ = RowReader(row).Time("now");
    if (sequence_ == 1) transaction_->exec0(kForgetMarks);
    return absl::OkStatus();
  } catch (...) {
    return Fail(StatusFromCurrentException(Stage::kStatement));
  }
}

pqxx::row Session::SendBegin(const TenantId& tenant, Access access) {
  PgConnection& connection = *connection_;
  Statements sql(connection, *transaction_);
  static const std::string kBeginInPool = absl::StrCat(kBegin, kAndSettings);
  static const std::string kMarkAndBegin = absl::StrCat(absl::Substitute(kMark, 2, 3), kBegin);
  static const std::string kMarkAndBeginInPool =
      absl::StrCat(absl::Substitute(kMark, 4, 5), kBeginInPool);
  const bool marks = access == Access::kWrite;
  if (marks) {
    client_ = connection.client;
    sequence_ = ++connection.sequence;
  }
  if (connection.direct) {
    return marks ? sql.exec_params1(kMarkAndBegin, tenant.text(), client_, sequence_)
                 : sql.exec_params1(kBegin, tenant.text());
  }
  const std::string limit = Milliseconds(pool_.options().statement_timeout);
  const std::string lock_limit = Milliseconds(pool_.options().lock_timeout);
  return marks ? sql.exec_params1(kMarkAndBeginInPool, tenant.text(), limit, lock_limit, client_,
                                  sequence_)
               : sql.exec_params1(kBeginInPool, tenant.text(), limit, lock_limit);
}

int Session::Socket() const { return (*connection_).connection.sock(); }

absl::Status Session::Fail(absl::Status failure) {
  failure_ = std::move(failure);
  if (absl::IsUnavailable(failure_) || absl::IsUnknown(failure_)) {
    transaction_.reset();  // before its connection
    connection_.Discard();
  }
  return failure_;
}

absl::Status Session::Commit() {
  if (!failure_.ok()) return failure_;
  try {
    const SilenceGuard::Watch watch(pool_.guard(), Socket());
    transaction_->commit();
    return absl::OkStatus();
  } catch (...) {
    const absl::Status status = Fail(StatusFromCurrentException(Stage::kCommit));
    return absl::IsUnknown(status) ? Settle() : status;
  }
}

absl::Status Session::Settle() {
  if (sequence_ == 0) return absl::UnavailableError("connection lost during commit");
  const base::Deadline deadline = base::Deadline::After(kSettleTimeout);
  for (int failures = 1; !deadline.Expired(); ++failures) {
    const absl::StatusOr<bool> committed = AskWhetherCommitted();
    if (committed.ok()) {
      base::Log(base::LogLevel::kWarning, "commit was in doubt",
                {{"code", *committed ? "COMMITTED" : "NOT_COMMITTED"}});
      return *committed ? absl::OkStatus()
                        : absl::UnavailableError("connection lost before commit");
    }
    const absl::Duration pause =
        base::BackoffDelay(kSettlePauses, failures, base::SystemRandom().Fraction());
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
  }
  return absl::AbortedError("commit in doubt: read again what is there");
}

absl::StatusOr<bool> Session::AskWhetherCommitted() const {
  ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection, pool_.Connect());
  try {
    const SilenceGuard::Watch watch(pool_.guard(), connection->connection.sock());
    pqxx::work transaction(connection->connection);
    transaction.exec_params1(absl::StrCat(kBegin, kAndSettings), "",
                             Milliseconds(pool_.options().statement_timeout),
                             Milliseconds(pool_.options().lock_timeout));
    const auto found = transaction.exec_params1(kReadMark, client_)[0].as<std::int64_t>();
    return found == sequence_;
  } catch (...) {
    return StatusFromCurrentException(Stage::kStatement);
  }
}

}  // namespace cert

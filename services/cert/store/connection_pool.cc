#include "cert/store/connection_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "cert/store/pg_connection.h"
#include "cert/store/pqxx_guard.h"

namespace cert {

namespace {

// A busy server ends a statement at its limit, and says so later than that.
constexpr absl::Duration kSlowestAnswer = absl::Seconds(5);

std::string SessionSettings(const ConnectionPool::Options& options) {
  return absl::StrFormat(
      "SET statement_timeout = '%1$dms'; SET idle_in_transaction_session_timeout = '%1$dms'; "
      "SET lock_timeout = '%2$dms'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'",
      absl::ToInt64Milliseconds(options.statement_timeout),
      absl::ToInt64Milliseconds(options.lock_timeout));
}

// Behind a pooler the session is somebody else's too, and nothing is set for it.
void SetUp(PgConnection& connection, const ConnectionPool::Options& options) {
  pqxx::nontransaction session(connection.connection);
  const auto process = session.exec1("SELECT pg_backend_pid()")[0].as<int>();
  connection.direct = process == connection.connection.backendpid();
  if (connection.direct) session.exec0(SessionSettings(options));
}

}  // namespace

PgConnection::PgConnection(const std::string& connection_string)
    : connection(connection_string), client(base::SystemRandom().Uuid()) {
  // libpqxx would re-open a lost connection by itself and go on in the middle of a transaction that
  // no longer exists. Version 7 dropped that, and with it this switch: hence the deprecation.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

const std::string& PgConnection::Prepared(const std::string& statement) {
  const auto [entry, is_new] = names_.try_emplace(statement, absl::StrCat("s", names_.size()));
  if (is_new) connection.prepare(entry->second, statement);
  connection.prepare_now(entry->second);  // once, though it may have failed before
  return entry->second;
}

std::string WithDefaults(const ConnectionPool::Options& options) {
  const std::int64_t connect_seconds =
      std::max<std::int64_t>(2, absl::ToInt64Seconds(options.connect_timeout));
  // The last of two equal settings wins in both forms, so ours come first.
  const std::string& given = options.connection_string;
  const auto is_uri =
      absl::StartsWith(given, "postgresql://") || absl::StartsWith(given, "postgres://");
  const std::string separator = is_uri ? "&" : " ";
  const std::string ours = absl::StrCat(
      "application_name=", options.application_name, separator, "connect_timeout=", connect_seconds,
      separator, "keepalives_idle=5", separator, "keepalives_interval=2", separator,
      "keepalives_count=3", separator, "tcp_user_timeout=10000");
  if (!is_uri) return absl::StrCat(ours, separator, given);
  const std::string::size_type query = given.find('?');
  if (query == std::string::npos) return absl::StrCat(given, "?", ours);
  return absl::StrCat(given.substr(0, query + 1), ours, separator, given.substr(query + 1));
}

ConnectionPool::Borrowed::Borrowed(ConnectionPool& pool, std::unique_ptr<PgConnection> connection,
                                   bool reused)
    : pool_(&pool), connection_(std::move(connection)), reused_(reused) {}

ConnectionPool::Borrowed::~Borrowed() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

void ConnectionPool::Borrowed::Discard() {
  if (connection_ == nullptr) return;
  connection_.reset();
  pool_->Forget();
}

ConnectionPool::ConnectionPool(Options options)
    : options_(std::move(options)), guard_(options_.statement_timeout + kSlowestAnswer) {}

ConnectionPool::~ConnectionPool() = default;

absl::StatusOr<ConnectionPool::Borrowed> ConnectionPool::Borrow(base::Deadline deadline) {
  {
    base::MutexLock lock(mutex_);
    if (!AwaitFree(deadline.Within(options_.borrow_timeout))) {
      return absl::UnavailableError("every database connection is in use");
    }
    ++borrowed_;
    if (!idle_.empty()) {
      std::unique_ptr<PgConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      return Borrowed(*this, std::move(connection), /*reused=*/true);
    }
  }
  absl::StatusOr<std::unique_ptr<PgConnection>> connection = Open();
  if (connection.ok()) return Borrowed(*this, *std::move(connection), /*reused=*/false);
  base::MutexLock lock(mutex_);
  --borrowed_;
  freed_.NotifyOne();
  return std::move(connection).status();
}

absl::StatusOr<std::unique_ptr<PgConnection>> ConnectionPool::Connect() const {
  try {
    return std::make_unique<PgConnection>(WithDefaults(options_));
  } catch (...) {
    return StatusFromCurrentException(Stage::kStatement);
  }
}

// For the pool.
absl::StatusOr<std::unique_ptr<PgConnection>> ConnectionPool::Open() {
  ASSIGN_OR_RETURN(std::unique_ptr<PgConnection> connection, Connect());
  try {
    const SilenceGuard::Watch watch(guard_, connection->connection.sock());
    SetUp(*connection, options_);
    return connection;
  } catch (...) {
    return StatusFromCurrentException(Stage::kStatement);
  }
}

void ConnectionPool::Return(std::unique_ptr<PgConnection> connection) {
  base::MutexLock lock(mutex_);
  --borrowed_;
  idle_.push_back(std::move(connection));
  freed_.NotifyOne();
}

void ConnectionPool::Forget() {
  std::vector<std::unique_ptr<PgConnection>> dropped;  // closed after the lock is released
  base::MutexLock lock(mutex_);
  --borrowed_;
  dropped.swap(idle_);
  freed_.NotifyOne();
}

bool ConnectionPool::AwaitFree(base::Deadline deadline) {
  while (borrowed_ >= options_.size) {
    if (deadline.Expired()) return false;
    freed_.WaitFor(mutex_, deadline.Remaining());
  }
  return true;
}

}  // namespace cert

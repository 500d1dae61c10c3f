// One transaction on a borrowed connection, with everything a transaction of ours begins with (its
// tenant, its limits, the time) and ends with (a commit that is never in doubt). Private to this
// folder.

#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "cert/core/ids.h"
#include "cert/store/batching_transaction.h"
#include "cert/store/connection_pool.h"
#include "cert/store/pg_connection.h"
#include "cert/store/pqxx_guard.h"
#include "cert/store/statements.h"

namespace cert {

enum class Access {
  kRead,   // one snapshot for all statements
  kWrite,  // leaves a mark that settles a commit in doubt
  kClaim,  // writes without the mark: losing it does no harm
};

// Confined to one thread. Rolls back unless committed.
class Session {
 public:
  // `tenant` may be empty: then no row of any tenant is seen. UNAVAILABLE and others as in
  // pqxx_guard.h.
  static absl::StatusOr<std::unique_ptr<Session>> Open(ConnectionPool& pool, const TenantId& tenant,
                                                       Access access, base::Deadline deadline);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The database's clock, fixed at the beginning.
  absl::Time now() const { return now_; }
  // What ended the transaction before its time; OK while it is alive.
  const absl::Status& failure() const { return failure_; }

  // Runs `body` with the transaction's statements; its exceptions become a status, and the
  // transaction's end. After that nothing runs any more, since PostgreSQL would refuse it.
  template <typename Body>
  auto Run(Body body) -> std::invoke_result_t<Body, Statements&> {
    if (!failure_.ok()) return failure_;
    try {
      const SilenceGuard::Watch watch(pool_.guard(), Socket());
      Statements sql(*connection_, *transaction_);
      return body(sql);
    } catch (...) {
      return Fail(StatusFromCurrentException(Stage::kStatement));
    }
  }

  // Commits. OK: it is committed for certain. ABORTED also when the server could not be asked in
  // time whether it is: the caller must read again what is there.
  absl::Status Commit();

 private:
  Session(ConnectionPool& pool, ConnectionPool::Borrowed connection);

  absl::Status Begin(const TenantId& tenant, Access access);
  pqxx::row SendBegin(const TenantId& tenant, Access access);
  int Socket() const;
  absl::Status Fail(absl::Status failure);
  absl::Status Settle();
  absl::StatusOr<bool> AskWhetherCommitted() const;

  ConnectionPool& pool_;
  ConnectionPool::Borrowed connection_;
  std::unique_ptr<BatchingTransaction> transaction_;
  std::string client_;         // of the mark
  std::int64_t sequence_ = 0;  // of the mark; zero when there is none
  absl::Time now_ = absl::InfinitePast();
  absl::Status failure_;
};

}  // namespace cert

// A bounded pool of connections to PostgreSQL, as one role. A transaction pooler may stand in
// between: then they keep no session state.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/deadline.h"
#include "base/mutex.h"
#include "cert/store/silence_guard.h"

namespace cert {

struct PgConnection;  // pg_connection.h

// Thread-safe. Must outlive what was borrowed from it.
class ConnectionPool {
 public:
  struct Options {
    // As libpq reads it, "key=value …" or a postgresql:// URI; several hosts work. What it does
    // not say about timeouts and keepalives is set so that a dead server is noticed in seconds.
    std::string connection_string;
    std::string application_name = "padlock-cert";
    int size = 8;
    absl::Duration connect_timeout = absl::Seconds(3);
    absl::Duration borrow_timeout = absl::Seconds(5);  // for a free connection
    // Per transaction, enforced by the server.
    absl::Duration statement_timeout = absl::Seconds(5);
    absl::Duration lock_timeout = absl::Seconds(2);
  };

  // One connection for the time of a transaction. Goes back to the pool when destroyed.
  class Borrowed {
   public:
    Borrowed(Borrowed&&) = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed();

    PgConnection& operator*() const { return *connection_; }
    // It had served before, so it may have died since without anybody noticing.
    bool reused() const { return reused_; }
    // Closes it instead, and every idle one: what ended this one has most likely ended them.
    void Discard();

   private:
    friend class ConnectionPool;
    Borrowed(ConnectionPool& pool, std::unique_ptr<PgConnection> connection, bool reused);

    ConnectionPool* pool_;
    std::unique_ptr<PgConnection> connection_;  // empty once discarded or moved from
    bool reused_;
  };

  explicit ConnectionPool(Options options);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  const Options& options() const { return options_; }
  // Of everything that is asked over the pool's connections: a server that is well has ended a
  // statement long before.
  SilenceGuard& guard() { return guard_; }

  // UNAVAILABLE: none became free until the deadline (nor in Options::borrow_timeout), or the
  // server cannot be reached.
  absl::StatusOr<Borrowed> Borrow(base::Deadline deadline);

  // One more connection, outside the bound: for what must be asked when one has just died.
  absl::StatusOr<std::unique_ptr<PgConnection>> Connect() const;

 private:
  absl::StatusOr<std::unique_ptr<PgConnection>> Open();
  void Return(std::unique_ptr<PgConnection> connection);
  void Forget();
  bool AwaitFree(base::Deadline deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  SilenceGuard guard_;
  base::Mutex mutex_;
  base::CondVar freed_;
  std::vector<std::unique_ptr<PgConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int borrowed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// `connection_string` with the timeouts of `options` where it has none of its own.
std::string WithDefaults(const ConnectionPool::Options& options);

}  // namespace cert

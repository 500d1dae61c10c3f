#include "lab/test_database.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "lab/pgbouncer.h"

namespace lab {
namespace {

constexpr char kTemplate[] = "padlock_template";

// Thread-safe.
class SharedServer {
 public:
  absl::StatusOr<Postgres*> Get(const FillDatabase& fill) {
    const base::MutexLock lock(mutex_);
    if (!started_) {
      started_ = true;
      result_ = Start(fill);
    }
    RETURN_IF_ERROR(result_);
    return server_.get();
  }

  // After Get().
  absl::StatusOr<PgBouncer*> Pooler() {
    const base::MutexLock lock(mutex_);
    if (pooler_ == nullptr) {
      ASSIGN_OR_RETURN(pooler_, PgBouncer::Start(*stack_, *server_));
    }
    return pooler_.get();
  }

  std::string NextName() {
    const base::MutexLock lock(mutex_);
    return absl::StrFormat("test_%d", ++databases_);
  }

 private:
  absl::Status Start(const FillDatabase& fill) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ASSIGN_OR_RETURN(stack_, Stack::Claim());
    ASSIGN_OR_RETURN(server_, Postgres::Start(*stack_));
    RETURN_IF_ERROR(server_->CreateDatabase(kTemplate));
    return fill(server_->ConnectionString("padlock_owner", kTemplate));
  }

  base::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
  int databases_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Stack> stack_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Postgres> server_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<PgBouncer> pooler_ ABSL_GUARDED_BY(mutex_);
};

// Destroyed at exit, so that the server is stopped and its data removed.
SharedServer& Shared() {
  static SharedServer shared;
  return shared;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TestDatabase>> TestDatabase::Create(const FillDatabase& fill) {
  ASSIGN_OR_RETURN(Postgres* const server, Shared().Get(fill));
  std::string name = Shared().NextName();
  RETURN_IF_ERROR(server->CreateDatabase(name, kTemplate));
  return std::unique_ptr<TestDatabase>(new TestDatabase(*server, std::move(name)));
}

TestDatabase::TestDatabase(Postgres& server, std::string name)
    : server_(server), name_(std::move(name)) {}

// Fails only when the server is down, and its data goes with it.
TestDatabase::~TestDatabase() { server_.DropDatabase(name_).IgnoreError(); }

std::string TestDatabase::ConnectionString(const std::string& user) const {
  return server_.ConnectionString(user, name_);
}

absl::StatusOr<std::string> TestDatabase::PooledConnectionString(const std::string& user) const {
  ASSIGN_OR_RETURN(const PgBouncer* const pooler, Shared().Pooler());
  return pooler->ConnectionString(user, name_);
}

}  // namespace lab

// The server goes away, at the worst moments too: what was done is known afterwards, whether we
// reach it directly or through PgBouncer in transaction mode.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <string>

#include "absl/strings/str_format.h"
#include "base/retry_delay.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using namespace ::cert::testing;  // NOLINT: samples

// Until a session of ours waits in COMMIT for a standby that does not exist: it has committed, and
// has not said so yet. `then` runs for its process id.
constexpr char kInCommit[] = R"(
DO $$
DECLARE
  waiting integer;
BEGIN
  FOR i IN 1..3000 LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT pid INTO waiting FROM pg_stat_activity
    WHERE wait_event = 'SyncRep' AND usename <> 'postgres';
    IF FOUND THEN
      %s;
      RETURN;
    END IF;
    PERFORM pg_sleep(0.01);
  END LOOP;
  RAISE 'nobody is in COMMIT';
END
$$)";

enum class Route { kDirect, kPgBouncer };

class FailuresSuite : public PostgresFixture, public ::testing::WithParamInterface<Route> {
 protected:
  void TearDown() override { DoNotAwaitStandby(); }

  std::string PoolConnectionString(const std::string& role) const override {
    if (GetParam() == Route::kDirect) return ConnectionString(role);
    const absl::StatusOr<std::string> pooled = database_->PooledConnectionString(role);
    EXPECT_THAT(pooled, IsOk());
    return pooled.value_or("");
  }

  absl::Status Insert(const std::string& suffix = "1") {
    return store_->Write(kTenant, [&](Transaction& transaction) {
      transaction.AppendEvent(SampleEvent("inserted"));
      return transaction.InsertDomain(SampleDomain(suffix));
    });
  }

  // Until a pooler has noticed that the server is back.
  absl::Status InsertPatiently(const std::string& suffix) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    absl::Status status = Insert(suffix);
    while (absl::IsUnavailable(status) && !deadline.Expired()) status = Insert(suffix);
    return status;
  }

  std::string Domains() { return Query("SELECT count(*) FROM padlock.domains"); }

  // Not of the superuser, whose commits go on.
  void AwaitStandby() {
    Execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    Execute("ALTER ROLE postgres SET synchronous_commit = local");
    Execute("SELECT pg_reload_conf()");
    // A new session has the setting when the postmaster has read it and told its processes so; the
    // checkpointer, which makes it hold, reads it before it makes a checkpoint.
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(10));
    while (Query("SHOW synchronous_standby_names") != "nobody" && !deadline.Expired()) continue;
    Execute("CHECKPOINT");
  }
  // Runs `then` while somebody waits in COMMIT.
  void InCommit(const std::string& then) {
    Execute(absl::StrFormat(kInCommit, then));
    if (HasFailure()) DoNotAwaitStandby();  // or they would wait for ever
  }
  void DoNotAwaitStandby() {
    Execute("ALTER SYSTEM RESET synchronous_standby_names");
    Execute("SELECT pg_reload_conf()");
  }
};

TEST_P(FailuresSuite, AStoppedServerIsUnavailableAndWorkGoesOnAfterItsRestart) {
  ASSERT_THAT(Insert("1"), IsOk());
  server().Stop();
  EXPECT_THAT(Insert("2"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(queue_->ClaimDue({.limit = 1, .lease = absl::Seconds(30)}),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(events_->Head(kTenant), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(accounts_->GetAccount("pebble"), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_THAT(server().Resume(), IsOk());
  EXPECT_THAT(InsertPatiently("2"), IsOk());
  EXPECT_THAT(queue_->ClaimDue({.limit = 10, .lease = absl::Seconds(30)}), IsOk());
  EXPECT_EQ(Domains(), "2");
}

TEST_P(FailuresSuite, ConnectionsThatDiedWhileIdleCostNobodyAnError) {
  ASSERT_THAT(Insert("1"), IsOk());
  Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'padlock_cert'");
  EXPECT_THAT(Insert("2"), IsOk());
}

TEST_P(FailuresSuite, AConnectionThatDiesInTheBodyWritesNothing) {
  const absl::Status status = store_->Write(kTenant, [&](Transaction& transaction) {
    EXPECT_THAT(transaction.InsertDomain(SampleDomain()), IsOk());
    Execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'padlock_cert'");
    return transaction.GetDomain(DomainId("dom_1")).status();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Domains(), "0");
  EXPECT_THAT(Insert(), IsOk());
}

// A deferred trigger runs inside COMMIT.
TEST_P(FailuresSuite, TerminatedBeforeTheCommitIsUnavailableAndWroteNothing) {
  Execute(R"(
    CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON padlock.domains
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.die())");
  EXPECT_THAT(Insert(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Domains(), "0");
  Execute("DROP TRIGGER die ON padlock.domains");
  EXPECT_THAT(Insert(), IsOk());
}

TEST_P(FailuresSuite, TerminatedAfterTheCommitIsOk) {
  ASSERT_THAT(Insert("1"), IsOk());
  AwaitStandby();
  std::future<absl::Status> insert = std::async(std::launch::async, [&] { return Insert("2"); });
  InCommit("PERFORM pg_terminate_backend(waiting)");
  EXPECT_THAT(insert.get(), IsOk());
  EXPECT_EQ(Domains(), "2");
  EXPECT_EQ(Query("SELECT last_event_number FROM padlock.tenants"), "2");
}

// The same over a power cut: the question waits until the server is there again.
TEST_P(FailuresSuite, PowerCutAfterTheCommitIsOkOnceTheServerIsBack) {
  ASSERT_THAT(Insert("1"), IsOk());
  AwaitStandby();
  std::future<absl::Status> insert = std::async(std::launch::async, [&] { return Insert("2"); });
  InCommit("NULL");
  server().Kill();
  ASSERT_THAT(server().Resume(), IsOk());
  EXPECT_THAT(insert.get(), IsOk());
  EXPECT_EQ(Domains(), "2");
}

// What was claimed without our hearing of it does not wait for the end of a lease that nobody
// holds.
TEST_P(FailuresSuite, AClaimTerminatedAfterItsCommitIsMadeAgainAtOnce) {
  ASSERT_THAT(Insert(), IsOk());
  AwaitStandby();
  auto claim = std::async(std::launch::async, [&] {
    return queue_->ClaimDue({.limit = 1, .lease = absl::Seconds(30)});
  });
  InCommit("PERFORM pg_terminate_backend(waiting)");
  EXPECT_THAT(claim.get(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.work WHERE lease_token IS NOT NULL"), "1");
  DoNotAwaitStandby();
  EXPECT_EQ(ClaimOne().id, "dom_1");
}

// Two rows, locked in opposite orders: one transaction is the victim, and runs again.
TEST_P(FailuresSuite, ADeadlocksVictimRunsAgain) {
  ASSERT_THAT(Insert("1"), IsOk());
  ASSERT_THAT(Insert("2"), IsOk());
  std::promise<void> both_locked[2];
  std::atomic<int> runs = 0;
  const auto lock_both = [&](int self) {
    const std::string first = self == 0 ? "dom_1" : "dom_2";
    const std::string second = self == 0 ? "dom_2" : "dom_1";
    bool again = false;
    return store_->Write(kTenant, [&](Transaction& transaction) {
      ++runs;
      const absl::Status locked = transaction.GetDomain(DomainId(first)).status();
      if (!again) {
        again = true;
        both_locked[self].set_value();
        both_locked[1 - self].get_future().wait();
      }
      if (!locked.ok()) return locked;
      return transaction.GetDomain(DomainId(second)).status();
    });
  };
  std::future<absl::Status> other = std::async(std::launch::async, lock_both, 0);
  EXPECT_THAT(lock_both(1), IsOk());
  EXPECT_THAT(other.get(), IsOk());
  EXPECT_GE(runs, 3);  // more, when the victim is back before the other has gone on
}

TEST_P(FailuresSuite, AStatementPastItsLimitIsDeadlineExceeded) {
  ConnectionPool slow({.connection_string = PoolConnectionString("padlock_cert"),
                       .statement_timeout = absl::Milliseconds(50),
                       .lock_timeout = absl::Seconds(10)});
  PostgresStore impatient(slow, base::SystemRandom());
  ASSERT_THAT(Insert(), IsOk());
  const auto get = [](Transaction& t) { return t.GetDomain(DomainId("dom_1")).status(); };
  EXPECT_THAT(store_->Write(kTenant,
                            [&](Transaction& transaction) {
                              EXPECT_THAT(get(transaction), IsOk());
                              return impatient.Write(kTenant, get);
                            }),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(impatient.Write(kTenant, get), IsOk());
}

// So that who has no lease is told to come again, and not to look what was done.
TEST_P(FailuresSuite, WhatWaitsTooLongForALockComesWithADelay) {
  ConnectionPool hasty({.connection_string = PoolConnectionString("padlock_cert"),
                        .lock_timeout = absl::Milliseconds(50)});
  PostgresStore impatient(hasty, base::SystemRandom());
  ASSERT_THAT(Insert(), IsOk());
  const auto get = [](Transaction& t) { return t.GetDomain(DomainId("dom_1")).status(); };
  absl::Status waited;
  EXPECT_THAT(store_->Write(kTenant,
                            [&](Transaction& transaction) {
                              EXPECT_THAT(get(transaction), IsOk());
                              waited = impatient.Write(kTenant, get);
                              return absl::OkStatus();
                            }),
              IsOk());
  EXPECT_THAT(waited, StatusIs(absl::StatusCode::kAborted));
  EXPECT_TRUE(base::RetryDelayOf(waited).has_value());
  EXPECT_THAT(impatient.Write(kTenant, get), IsOk());
}

TEST_P(FailuresSuite, ATransactionThatFallsSilentIsUnavailable) {
  ConnectionPool hasty({.connection_string = PoolConnectionString("padlock_cert"),
                        .statement_timeout = absl::Milliseconds(50)});
  PostgresStore store(hasty, base::SystemRandom());
  EXPECT_THAT(store.Write(kTenant,
                          [&](Transaction& transaction) {
                            EXPECT_THAT(transaction.InsertDomain(SampleDomain()), IsOk());
                            Execute("SELECT pg_sleep(0.2)");
                            return transaction.GetDomain(DomainId("dom_1")).status();
                          }),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Domains(), "0");
}

// What serves us is stopped in the middle of our transaction.
TEST_P(FailuresSuite, AFrozenServerIsUnavailable) {
  ConnectionPool hasty({.connection_string = PoolConnectionString("padlock_cert"),
                        .statement_timeout = absl::Milliseconds(500)});
  PostgresStore store(hasty, base::SystemRandom());
  pid_t frozen = 0;
  const auto freeze = [&](Transaction& transaction) -> absl::Status {
    EXPECT_THAT(transaction.InsertDomain(SampleDomain()), IsOk());
    frozen = std::stoi(Query(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'padlock_cert' AND state = 'idle in "
        "transaction'"));
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    return transaction.GetDomain(DomainId("dom_1")).status();
  };
  EXPECT_THAT(store.Write(kTenant, freeze), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(store.Write(kTenant, [](Transaction&) { return absl::OkStatus(); }), IsOk());
  EXPECT_EQ(kill(frozen, SIGCONT), 0);
  EXPECT_EQ(Domains(), "0");
}

TEST_P(FailuresSuite, AStandbyIsUnavailable) {
  Execute("ALTER ROLE padlock_cert SET default_transaction_read_only = on");
  ConnectionPool pool({.connection_string = PoolConnectionString("padlock_cert")});
  PostgresStore store(pool, base::SystemRandom());
  EXPECT_THAT(store.Write(kTenant, [](Transaction&) { return absl::OkStatus(); }),
              StatusIs(absl::StatusCode::kUnavailable));
  Execute("ALTER ROLE padlock_cert RESET default_transaction_read_only");
}

TEST_P(FailuresSuite, APoolThatIsUsedUpIsUnavailableAtTheDeadline) {
  ConnectionPool pool({.connection_string = PoolConnectionString("padlock_cert"),
                       .size = 1,
                       .borrow_timeout = absl::Milliseconds(20)});
  PostgresStore store(pool, base::SystemRandom());
  const auto nothing = [](Transaction&) { return absl::OkStatus(); };
  EXPECT_THAT(store.Read(kTenant,
                         [&](Transaction&) {
                           EXPECT_THAT(store.Read(kTenant, nothing),
                                       StatusIs(absl::StatusCode::kUnavailable));
                           return absl::OkStatus();
                         }),
              IsOk());
  EXPECT_THAT(store.Read(kTenant, nothing), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Routes, FailuresSuite,
                         ::testing::Values(Route::kDirect, Route::kPgBouncer),
                         [](const ::testing::TestParamInfo<Route>& route) {
                           return route.param == Route::kDirect ? "Direct" : "PgBouncer";
                         });

}  // namespace
}  // namespace cert

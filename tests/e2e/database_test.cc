// PostgreSQL stops, crashes and ends its connections in the middle of an order and of calls, and
// every commit is in doubt: directly, and through PgBouncer in transaction mode.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/testing/status_matchers.h"
#include "e2e/database_fixture.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;

constexpr absl::Duration kLease = absl::Seconds(30);
// A pooler that could not reach the server asks again a second later; we do too.
constexpr absl::Duration kQuick = absl::Seconds(3);

// Commits wait for a standby that does not exist: they have happened, and have not said so. Claims
// do not wait, or nobody would ever hear of one.
constexpr char kAwaitStandby[] = R"(
ALTER ROLE postgres SET synchronous_commit = local;
ALTER ROLE padlock_claim SET synchronous_commit = local)";

constexpr char kEndWhoeverWaits[] = R"(
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND usename = 'padlock_cert')";

// A pooler whose log-in fails passes a second without another.
constexpr char kBetweenTerminations[] = "SELECT pg_sleep(0.2)";

constexpr char kNothingClaimed[] = "nothing claimed";

// The 1st, 3rd, 6th, 10th, … writing transaction ends in its COMMIT, before that took place: a
// deferred trigger runs inside. The distances grow, as a step that is repeated with as many
// transactions each time would keep pace with equal ones.
constexpr char kDoom[] = R"(
CREATE SEQUENCE public.doom;
CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    IF sqrt((1 + 8 * nextval('public.doom'))::numeric) % 1 = 0 THEN
      PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NULL;
  END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT OR UPDATE ON padlock.commits
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.die())";

constexpr char kSpare[] = R"(
DROP TRIGGER die ON padlock.commits;
DROP FUNCTION public.die;
DROP SEQUENCE public.doom)";

struct Direct {
  static constexpr lab::DatabaseRoute kRoute = lab::DatabaseRoute::kDirect;
};
struct ThroughPgBouncer {
  static constexpr lab::DatabaseRoute kRoute = lab::DatabaseRoute::kPgBouncer;
};

template <typename Route>
class DatabaseTest : public DatabaseLabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.database_route = Route::kRoute;
    StartLab(std::move(options));
  }

  static lab::Postgres& server() { return lab().postgres(); }
  static void Execute(const std::string& sql) {
    EXPECT_THAT(server().Execute("padlock", sql), IsOk());
  }

  // The server is gone; the order's step and callers notice, for seconds, and it comes back.
  void ExpectOutage(Halt& halt) {
    const int unstored = LogLines("step not stored");
    Caller caller(lab());
    EXPECT_THAT(caller.AwaitRefusal(), IsOk());
    halt.LetGo();
    EXPECT_THAT(AwaitLogLines("step not stored", unstored), IsOk());
    EXPECT_THAT(AwaitReadyz(503), IsOk());
    caller.Stop();
    ExpectPatience();
    EXPECT_THAT(server().Resume(), IsOk());
    EXPECT_LT(TimeToAnswer(), kQuick);
    EXPECT_THAT(AwaitReadyz(200), IsOk());
    caller.ExpectHonest();
  }

  // What is due is tried once a second by each replica, and told once a second.
  static void ExpectPatience() {
    constexpr int kTries = 2;
    const auto replicas = static_cast<int>(lab().replicas());
    const absl::Time begin = base::SystemClock().TimeNow();
    const int lines = LogLines();
    EXPECT_THAT(AwaitLogLines(kNothingClaimed, LogLines(kNothingClaimed) + kTries * replicas),
                IsOk());
    const double seconds = absl::ToDoubleSeconds(base::SystemClock().TimeNow() - begin);
    EXPECT_GT(seconds, kTries / 2.0);
    EXPECT_LT(LogLines() - lines, 5 * replicas * (seconds + 1));
  }

  void ExpectOrderGoesOn(const pb::Domain& domain) {
    const absl::Time back = base::SystemClock().TimeNow();
    ExpectIssuedOnce(domain);
    EXPECT_LT(base::SystemClock().TimeNow() - back, kLease / 2);  // not by a lease that ran out
  }
};

using Routes = ::testing::Types<Direct, ThroughPgBouncer>;

struct RouteName {
  template <typename Route>
  static std::string GetName(int) {
    return Route::kRoute == lab::DatabaseRoute::kDirect ? "Direct" : "PgBouncer";
  }
};

TYPED_TEST_SUITE(DatabaseTest, Routes, RouteName);

TYPED_TEST(DatabaseTest, AStoppedServerIsUnavailableAndAllGoesOnWhenItIsBack) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = this->HaltOrder("shop.test", domain);
  this->server().Stop();
  this->ExpectOutage(*halt);
  this->ExpectOrderGoesOn(domain);
}

TYPED_TEST(DatabaseTest, APowerCutLosesNothing) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = this->HaltOrder("bakery.test", domain);
  this->server().Kill();
  this->ExpectOutage(*halt);
  this->ExpectOrderGoesOn(domain);
}

TYPED_TEST(DatabaseTest, ConnectionsTerminatedOverAndOverDelayAnOrderButLoseNothing) {
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = this->HaltOrder("garden.test", domain);
  std::jthread terminator([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_THAT(this->server().TerminateConnections("padlock"), IsOk());
      this->Execute(kBetweenTerminations);
    }
  });
  Caller caller(this->lab());
  halt->LetGo();
  this->AwaitIssuance(domain);
  caller.Stop();
  terminator.request_stop();
  terminator.join();
  caller.ExpectHonest();
  this->ExpectOrderGoesOn(domain);
}

TYPED_TEST(DatabaseTest, EveryCommitInDoubtIsSettledByReading) {
  const int committed = this->LogLines("\"COMMITTED\"");
  const int not_committed = this->LogLines("\"NOT_COMMITTED\"");
  pb::Domain domain;
  const std::unique_ptr<Halt> halt = this->HaltOrder("museum.test", domain);
  this->Execute(kAwaitStandby);
  this->Execute(kDoom);
  ASSERT_THAT(this->server().TerminateConnections("padlock"), IsOk());
  this->Execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  this->Execute("SELECT pg_reload_conf()");
  std::jthread terminator([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) this->Execute(kEndWhoeverWaits);
  });
  Caller caller(this->lab());
  EXPECT_THAT(caller.AwaitRefusal(), IsOk());
  caller.Stop();
  halt->LetGo();
  EXPECT_THAT(this->acme().Await(domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
  this->Execute("ALTER SYSTEM RESET synchronous_standby_names");
  this->Execute("SELECT pg_reload_conf()");
  terminator.request_stop();
  this->Execute(kSpare);
  EXPECT_GT(this->LogLines("\"COMMITTED\""), committed);
  EXPECT_GT(this->LogLines("\"NOT_COMMITTED\""), not_committed);
  caller.ExpectHonest();
  this->ExpectIssuedOnce(domain);
}

}  // namespace
}  // namespace e2e

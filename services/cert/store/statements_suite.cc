// Statements are prepared where nothing stands in the way (pooler_suite.cc has the other case).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/store/batching_transaction.h"
#include "cert/store/pg_connection.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using namespace ::cert::testing;  // NOLINT: samples

class StatementsSuite : public PostgresFixture {
 protected:
  absl::Status Look() {
    return store_->Read(kTenant,
                        [](Transaction& it) { return it.FindDomainByKey("none").status(); });
  }

  // On the pool's only connection that is in use.
  int Prepared() {
    const auto connection = pool_->Borrow(base::Deadline::After(absl::Seconds(10)));
    EXPECT_THAT(connection, IsOk());
    EXPECT_TRUE(connection->reused());
    pqxx::nontransaction sql((**connection).connection);
    return sql.exec1("SELECT count(*) FROM pg_prepared_statements")[0].as<int>();
  }

  // PostgreSQL plans the first five calls for their values, whatever it finds out then.
  static void ExpectPlannedOnce(ConnectionPool& pool, const char* statement, int calls) {
    const auto connection = pool.Borrow(base::Deadline::After(absl::Seconds(10)));
    ASSERT_THAT(connection, IsOk());
    pqxx::nontransaction sql((**connection).connection);
    const pqxx::row plans = sql.exec_params1(
        "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE $1",
        statement);
    EXPECT_LE(plans[0].as<int>(), 5) << statement;
    EXPECT_EQ(plans[0].as<int>() + plans[1].as<int>(), calls) << statement;
  }
};

TEST_F(StatementsSuite, ArePreparedOnceForTheirConnection) {
  ASSERT_THAT(Look(), IsOk());
  const int after_first = Prepared();
  EXPECT_GT(after_first, 0);
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(Prepared(), after_first);
}

// Names belong to a connection: a new one begins anew.
TEST_F(StatementsSuite, GoOnAfterTheirConnectionWasLost) {
  ASSERT_THAT(Look(), IsOk());
  ASSERT_THAT(Look(), IsOk());
  Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'padlock_cert'");
  EXPECT_THAT(Look(), IsOk());
  EXPECT_THAT(Look(), IsOk());
}

// As a migration's ALTER TABLE … ADD COLUMN does under a running replica.
TEST_F(StatementsSuite, OutliveAChangeOfTheirTables) {
  ASSERT_THAT(Look(), IsOk());
  ASSERT_THAT(Look(), IsOk());
  Execute("ALTER TABLE padlock.domains ADD COLUMN of_a_later_version text NOT NULL DEFAULT ''");
  EXPECT_THAT(Look(), IsOk());
}

// On a connection of its own, outside the pool.
class BatchingTransactionSuite : public PostgresFixture {
 protected:
  void SetUp() override {
    PostgresFixture::SetUp();
    Execute("CREATE TABLE public.notes (text text PRIMARY KEY); GRANT ALL ON notes TO PUBLIC");
    connection_ = std::make_unique<pqxx::connection>(ConnectionString("padlock_cert"));
  }
  std::string Notes() { return Query("SELECT count(*) FROM public.notes"); }

  std::unique_ptr<pqxx::connection> connection_;
};

constexpr char kNote[] = "INSERT INTO public.notes VALUES ('it''s; ')";

TEST_F(BatchingTransactionSuite, WhatWaitsIsSentWithTheNextCommandOrTheCommit) {
  {
    BatchingTransaction transaction(*connection_, "BEGIN");
    transaction.Later(kNote);
    EXPECT_EQ(transaction.exec1("SELECT count(*) FROM public.notes")[0].as<int>(), 1);
    EXPECT_FALSE(transaction.HasWaiting());
    transaction.Later("INSERT INTO public.notes VALUES ('second')");
    transaction.commit();
  }
  EXPECT_EQ(Notes(), "2");
}

TEST_F(BatchingTransactionSuite, IsRolledBackUnlessCommitted) {
  {
    BatchingTransaction transaction(*connection_, "BEGIN");
    transaction.Later(kNote);
    transaction.Flush();
    transaction.Later("INSERT INTO public.notes VALUES ('second')");
  }
  EXPECT_EQ(Notes(), "0");
}

// And the connection is ready for another.
TEST_F(BatchingTransactionSuite, FailsAtTheCommitWithWhatWaited) {
  {
    BatchingTransaction transaction(*connection_, "BEGIN");
    transaction.Later(kNote);
    transaction.Later(kNote);
    EXPECT_THROW(transaction.commit(), pqxx::unique_violation);
  }
  EXPECT_EQ(Notes(), "0");
  {
    BatchingTransaction transaction(*connection_, "BEGIN");
    transaction.Later(kNote);
    transaction.commit();
  }
  EXPECT_EQ(Notes(), "1");
}

TEST_F(BatchingTransactionSuite, AConnectionThatIsGoneAtTheCommitLeavesItInDoubt) {
  BatchingTransaction transaction(*connection_, "BEGIN");
  const int process = transaction.exec1("SELECT pg_backend_pid()")[0].as<int>();
  transaction.Later(kNote);
  Execute(absl::StrCat("SELECT pg_terminate_backend(", process, ", 5000)"));
  EXPECT_THROW(transaction.commit(), pqxx::in_doubt_error);
  EXPECT_EQ(Notes(), "0");
}

// Planning takes longer than these do.
TEST_F(StatementsSuite, ThatAreCalledOftenArePlannedOnce) {
  // So much that a plan for one value looks cheaper than one for all.
  Execute(absl::Substitute(R"(
    SET session_replication_role = replica;
    INSERT INTO padlock.tenants (tenant, last_event_number) VALUES ('$0', 5000);
    INSERT INTO padlock.events
      SELECT '$0', n, now(), 'DOMAIN_CREATED', '', '', '', '', '', repeat('x', 100), 0
      FROM generate_series(1, 5000) AS n;
    INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
      SELECT '$0', 'domain', 'dom_' || n, 'PENDING', 0, now(), now()
      FROM generate_series(1, 5000) AS n;
    INSERT INTO padlock.authorizations (tenant, order_id, position, url, identifier, wildcard,
      challenge_url, txt_value, valid, delegation_target)
      SELECT '$0', 'ord_' || n, 1, 'u', 'i', false, 'u', 'token', false, 'target-' || n
      FROM generate_series(1, 5000) AS n;
    ANALYZE padlock.events, padlock.work, padlock.authorizations)",
                           kTenant.text()));
  constexpr int kCalls = 10;
  for (int i = 0; i < kCalls; ++i) {
    const EventCursor late{.epoch = "", .number = 4990 + i};
    ASSERT_THAT(events_->ReadEvents(kTenant, late, 1 + i), IsOk());
    ASSERT_THAT(queue_->ClaimDue({.limit = 1 + i, .lease = absl::Minutes(1)}), IsOk());
    ASSERT_THAT(store_->Read(
                    kTenant,
                    [&](Transaction& it) {
                      return it.TokensWanted(absl::StrCat("target-", i), OrderId("ord_1")).status();
                    }),
                IsOk());
  }
  ExpectPlannedOnce(*pool_, "%bounds%ORDER BY number LIMIT%", kCalls);
  ExpectPlannedOnce(*pool_, "%SELECT DISTINCT a.txt_value%", kCalls);
  ExpectPlannedOnce(*claim_pool_, "%AS turn, 0 AS step%", kCalls);
}

// Whatever a value holds, it is one value.
TEST_F(StatementsSuite, QuoteWhatTheySendTogether) {
  const std::string hostile = "'); DROP TABLE padlock.domains; --\\ \"$1\" \xc3\xbc";
  ASSERT_THAT(Look(), IsOk());  // from the second transaction on
  Domain domain = SampleDomain();
  domain.request_id = hostile;
  ASSERT_THAT(store_->Write(kTenant, [&](Transaction& it) { return it.InsertDomain(domain); }),
              IsOk());
  ASSERT_THAT(store_->Read(kTenant,
                           [&](Transaction& it) -> absl::Status {
                             ASSIGN_OR_RETURN(domain, it.GetDomain(domain.id));
                             return absl::OkStatus();
                           }),
              IsOk());
  EXPECT_EQ(domain.request_id, hostile);
}

}  // namespace
}  // namespace cert

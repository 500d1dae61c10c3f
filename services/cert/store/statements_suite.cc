// Statements are prepared where nothing stands in the way (pooler_suite.cc has the other case).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "base/testing/status_matchers.h"
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
};

TEST_F(StatementsSuite, ThoseOfAConnectionsFirstTransactionAreNotTheLaterOnesAre) {
  ASSERT_THAT(Look(), IsOk());
  const int after_first = Prepared();
  ASSERT_THAT(Look(), IsOk());
  const int after_second = Prepared();
  EXPECT_GT(after_second, after_first);
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(Prepared(), after_second);  // each of them once
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

}  // namespace
}  // namespace cert

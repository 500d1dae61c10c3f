// What the database itself refuses, whatever the program does: another tenant's rows, another
// role's tables, a schema of another version, a row that nobody would ever look at again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "cert/store/migrate.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;
using namespace ::cert::testing;  // NOLINT: samples

constexpr char kPermissionDenied[] = "42501";
constexpr char kCheckViolation[] = "23514";
constexpr char kDivisionByZero[] = "22012";

constexpr char kAllApplied[] =
    "SELECT string_agg(m::text, '|') FROM padlock.schema_migrations AS m";
constexpr char kLaterMigrations[] =
    "INSERT INTO padlock.schema_migrations "
    "VALUES (9998, '9998_add_future', 'x'), (9999, '9999_add_more', 'y')";

class IsolationSuite : public PostgresFixture {
 protected:
  void SetUp() override {
    PostgresFixture::SetUp();
    ASSERT_THAT(
        store_->Write(kTenant, [](Transaction& t) { return t.InsertDomain(SampleDomain()); }),
        IsOk());
  }

  // By those who migrate, serve, or must know every row; `why` is in what they say.
  void ExpectRefusedByAll(const std::string& why) {
    for (const absl::Status& status : {Migrate(ConnectionString("padlock_owner")),
                                       CheckSchema(*pool_), CheckSchemaToServe(*pool_)}) {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
      EXPECT_THAT(status.ToString(), HasSubstr(why));
    }
  }
};

TEST_F(IsolationSuite, AnotherTenantsDomainIsNotFound) {
  EXPECT_THAT(store_->Write(kOtherTenant,
                            [](Transaction& transaction) {
                              EXPECT_THAT(transaction.GetDomain(DomainId("dom_1")),
                                          StatusIs(absl::StatusCode::kNotFound));
                              EXPECT_THAT(transaction.UpdateDomain(SampleDomain()),
                                          StatusIs(absl::StatusCode::kNotFound));
                              EXPECT_THAT(transaction.ListDomains(std::nullopt, "", 9),
                                          IsOkAndHolds(IsEmpty()));
                              return absl::OkStatus();
                            }),
              IsOk());
}

// Even a statement that forgets its condition sees one tenant only. 1 / 0 when a row is seen.
TEST_F(IsolationSuite, RowsAreSeenOnlyByTheTenantThatTheTransactionNames) {
  const std::string look = "SELECT 1 / (count(*) - 1) FROM padlock.domains";
  const auto as = [&](const std::string& tenant) {
    return "BEGIN; SELECT set_config('padlock.tenant', '" + tenant + "', true); " + look +
           "; COMMIT";
  };
  EXPECT_EQ(SqlStateAs("padlock_cert", as("acme")), kDivisionByZero);
  EXPECT_EQ(SqlStateAs("padlock_cert", as("umbrella")), "");
  EXPECT_EQ(SqlStateAs("padlock_cert", look), "");
  EXPECT_EQ(SqlStateAs("padlock_owner", look), "");
  EXPECT_EQ(SqlStateAs("padlock_read", look), kDivisionByZero);
}

TEST_F(IsolationSuite, ATenantCannotWriteRowsOfAnother) {
  EXPECT_EQ(SqlStateAs("padlock_cert",
                       "BEGIN; SELECT set_config('padlock.tenant', 'umbrella', true);"
                       "INSERT INTO padlock.tenants (tenant) VALUES ('acme'); COMMIT"),
            kPermissionDenied);
}

TEST_F(IsolationSuite, RolesReachNoMoreThanTheyNeed) {
  for (const char* table : {"domains", "orders", "claims", "acme_accounts", "events"}) {
    EXPECT_EQ(SqlStateAs("padlock_claim", std::string("SELECT FROM padlock.") + table),
              kPermissionDenied);
  }
  EXPECT_EQ(SqlStateAs("padlock_claim", "SELECT state FROM padlock.work"), "");
  EXPECT_EQ(SqlStateAs("padlock_claim", "SELECT tenant FROM padlock.tenants"), "");
  EXPECT_EQ(SqlStateAs("padlock_claim", "SELECT delegation_id FROM padlock.tenants"),
            kPermissionDenied);
  EXPECT_EQ(SqlStateAs("padlock_claim", "UPDATE padlock.tenants SET tenant = tenant"),
            kPermissionDenied);
  EXPECT_EQ(SqlStateAs("padlock_claim", "UPDATE padlock.work SET state = 'FAILED'"),
            kPermissionDenied);
  EXPECT_EQ(SqlStateAs("padlock_claim", "DELETE FROM padlock.work"), kPermissionDenied);
  for (const char* table : {"orders", "issuances", "acme_accounts"}) {
    EXPECT_EQ(SqlStateAs("padlock_read", std::string("SELECT key_octets FROM padlock.") + table),
              kPermissionDenied);
  }
  EXPECT_EQ(SqlStateAs("padlock_read", "DELETE FROM padlock.events"), kPermissionDenied);
  EXPECT_EQ(SqlStateAs("padlock_cert", "CREATE TABLE padlock.mine ()"), kPermissionDenied);
  EXPECT_EQ(SqlStateAs("padlock_cert", "UPDATE padlock.clock SET time_offset = '1 day'"),
            kPermissionDenied);
}

TEST_F(IsolationSuite, AMissingGrantIsOurBugAndNotAnOutage) {
  ConnectionPool pool({.connection_string = ConnectionString("padlock_read")});
  EXPECT_THAT(PostgresWorkQueue(pool).ClaimDue({.limit = 1, .lease = absl::Seconds(30)}),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_F(IsolationSuite, ANonTerminalRowHasADueTimeAndATerminalOneNone) {
  EXPECT_EQ(SqlStateAs("postgres", "UPDATE padlock.work SET due_time = NULL"), kCheckViolation);
  EXPECT_EQ(SqlStateAs("postgres", "UPDATE padlock.work SET state = 'FAILED'"), kCheckViolation);
  EXPECT_EQ(SqlStateAs("postgres", "UPDATE padlock.work SET due_time = 'infinity'"),
            kCheckViolation);
  EXPECT_EQ(SqlStateAs("postgres", "UPDATE padlock.work SET state = 'ORDERING'"), kCheckViolation);
  Domain stuck = SampleDomain();
  stuck.progress.due_time = absl::InfiniteFuture();
  EXPECT_THAT(store_->Write(kTenant, [&](Transaction& t) { return t.UpdateDomain(stuck); }),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_F(IsolationSuite, MigratingAgainChangesNothing) {
  const std::string before = Query(kAllApplied);
  EXPECT_THAT(Migrate(ConnectionString("padlock_owner")), IsOk());
  EXPECT_EQ(Query(kAllApplied), before);
  EXPECT_THAT(CheckSchema(*pool_), IsOk());
}

TEST_F(IsolationSuite, AMigrationWithOtherContentsIsRefusedByAll) {
  Execute("UPDATE padlock.schema_migrations SET checksum = 'other' WHERE version = 2");
  ExpectRefusedByAll("other contents");
  Execute(kLaterMigrations);
  ExpectRefusedByAll("other contents");
}

TEST_F(IsolationSuite, AMigrationThatLacksUnderLaterOnesIsRefusedByAll) {
  Execute("DELETE FROM padlock.schema_migrations WHERE version = 2");
  ExpectRefusedByAll("0002_create_clock");
  Execute(kLaterMigrations);
  ExpectRefusedByAll("0002_create_clock");
}

TEST_F(IsolationSuite, TheLastMigrationThatLacksUnderLaterOnesIsRefusedByAll) {
  Execute(
      "DELETE FROM padlock.schema_migrations "
      "WHERE version = (SELECT max(version) FROM padlock.schema_migrations)");
  Execute(kLaterMigrations);
  ExpectRefusedByAll("9998_add_future");
}

// As an old replica finds it that is evicted during an upgrade, or started to take one back.
TEST_F(IsolationSuite, ANewerSchemaIsServedAndTheLogNamesWhatIsNew) {
  Execute(kLaterMigrations);
  CaptureStderr();
  EXPECT_THAT(CheckSchemaToServe(*pool_), IsOk());
  const std::string log = GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(log, HasSubstr("9998_add_future, 9999_add_more"));
}

TEST_F(IsolationSuite, OurOwnSchemaIsServedWithoutAWord) {
  CaptureStderr();
  EXPECT_THAT(CheckSchemaToServe(*pool_), IsOk());
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST_F(IsolationSuite, ANewerSchemaIsLeftAloneByMigrateWhichSaysWhatIsNew) {
  Execute(kLaterMigrations);
  const std::string before = Query(kAllApplied);
  const absl::Status status = Migrate(ConnectionString("padlock_owner"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(status.ToString(), HasSubstr("9998_add_future, 9999_add_more. Nothing was changed"));
  EXPECT_EQ(Query(kAllApplied), before);
}

TEST_F(IsolationSuite, ANewerSchemaIsRefusedByThoseWhoMustKnowEveryRow) {
  Execute(kLaterMigrations);
  EXPECT_THAT(CheckSchema(*pool_), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(IsolationSuite, AnOlderSchemaIsMigratedBeforeItIsServed) {
  Execute("DROP SCHEMA padlock CASCADE");
  EXPECT_THAT(CheckSchema(*pool_), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(CheckSchemaToServe(*pool_), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Migrate(ConnectionString("padlock_owner")), IsOk());
  EXPECT_THAT(CheckSchema(*pool_), IsOk());
}

}  // namespace
}  // namespace cert

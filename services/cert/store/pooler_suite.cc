// Behind PgBouncer in transaction mode each transaction may run on another server connection, which
// served somebody else before: nothing of ours may stay on one, or be missed on another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using namespace ::cert::testing;  // NOLINT: samples

class PoolerSuite : public PostgresFixture {
 protected:
  std::string PoolConnectionString(const std::string& role) const override {
    const absl::StatusOr<std::string> pooled = database_->PooledConnectionString(role);
    EXPECT_THAT(pooled, IsOk());
    return pooled.value_or("");
  }

  // Reads its domain back, over and over.
  absl::Status Work(const TenantId& tenant, const std::string& suffix, int rounds) {
    Domain domain = SampleDomain(suffix);
    domain.tenant = tenant;
    absl::Status status = store_->Write(tenant, [&](Transaction& transaction) {
      transaction.AppendEvent(SampleEvent("inserted"));
      return transaction.InsertDomain(domain);
    });
    for (int i = 0; status.ok() && i < rounds; ++i) {
      status = store_->Read(tenant, [&](Transaction& transaction) {
        return transaction.GetDomain(domain.id).status();
      });
      if (!status.ok()) break;
      status = store_->Write(tenant, [&](Transaction& transaction) {
        transaction.AppendEvent(SampleEvent("again"));
        return transaction.UpdateDomain(domain);
      });
    }
    return status;
  }
};

// Eight clients on four server connections.
TEST_F(PoolerSuite, TenantsShareServerConnectionsAndNothingElse) {
  constexpr int kTenants = 8;
  constexpr int kRounds = 20;
  std::vector<absl::Status> done(kTenants);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kTenants; ++i) {
      threads.emplace_back([&, i] {
        done[i] = Work(TenantId(absl::StrCat("tenant", i)), absl::StrCat(i), kRounds);
      });
    }
  }
  for (const absl::Status& status : done) EXPECT_THAT(status, IsOk());
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.tenants WHERE last_event_number = 21"), "8");
  EXPECT_THAT(store_->Read(TenantId("tenant0"),
                           [](Transaction& transaction) {
                             return transaction.GetDomain(DomainId("dom_1")).status();
                           }),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(PoolerSuite, NothingOfASessionStaysOnTheServerConnection) {
  ASSERT_THAT(Work(kTenant, "1", 1), IsOk());
  // The connection that was used last is the first to be used again.
  pqxx::connection next(PoolConnectionString("padlock_cert"));
  pqxx::nontransaction sql(next);
  const auto value = [&](const std::string& expression) {
    return sql.exec1("SELECT " + expression)[0].as<std::string>("");
  };
  EXPECT_EQ(value("(SELECT count(*) FROM pg_stat_activity WHERE usename = 'padlock_cert')"), "1");
  EXPECT_EQ(value("current_setting('padlock.tenant', true)"), "");
  EXPECT_EQ(value("current_setting('statement_timeout')"), "0");
  EXPECT_EQ(value("current_setting('lock_timeout')"), "0");
  EXPECT_EQ(value("(SELECT count(*) FROM pg_prepared_statements)"), "0");
  EXPECT_EQ(value("(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"), "0");
  EXPECT_EQ(value("(SELECT count(*) FROM pg_listening_channels())"), "0");
}

TEST_F(PoolerSuite, ALeaseIsHeldAndGivenUpOnWhateverConnection) {
  ASSERT_THAT(Work(kTenant, "1", 0), IsOk());
  const Lease lease = ClaimOne();
  EXPECT_THAT(store_->Finish(lease,
                             [](Transaction& transaction) {
                               return transaction.GetDomain(DomainId("dom_1")).status();
                             }),
              IsOk());
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.work WHERE lease_token IS NOT NULL"), "0");
}

}  // namespace
}  // namespace cert

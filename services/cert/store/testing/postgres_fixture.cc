#include "cert/store/testing/postgres_fixture.h"

#include <pqxx/pqxx>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "cert/store/migrate.h"

namespace cert::testing {

using ::base::testing::IsOk;

void PostgresFixture::SetUp() {
  absl::StatusOr<std::unique_ptr<lab::TestDatabase>> database =
      lab::TestDatabase::Create([](const std::string& owner) { return Migrate(owner); });
  ASSERT_THAT(database, IsOk());
  database_ = *std::move(database);
  pool_ = std::make_unique<ConnectionPool>(
      ConnectionPool::Options{.connection_string = PoolConnectionString("padlock_cert")});
  claim_pool_ = std::make_unique<ConnectionPool>(
      ConnectionPool::Options{.connection_string = PoolConnectionString("padlock_claim")});
  store_ = std::make_unique<PostgresStore>(*pool_, base::SystemRandom());
  queue_ = std::make_unique<PostgresWorkQueue>(*claim_pool_);
  accounts_ = std::make_unique<PostgresAccountStore>(*pool_);
  events_ = std::make_unique<PostgresEventLog>(*pool_);
  http_tokens_ = std::make_unique<PostgresHttpTokenStore>(*pool_);
}

void PostgresFixture::Execute(const std::string& sql) {
  EXPECT_EQ(SqlStateAs("postgres", sql), "") << sql;
}

std::string PostgresFixture::Query(const std::string& sql) {
  try {
    pqxx::connection connection(ConnectionString("postgres"));
    return pqxx::nontransaction(connection).exec1(sql)[0].c_str();
  } catch (const std::exception& error) {
    ADD_FAILURE() << sql << ": " << error.what();
    return "";
  }
}

std::string PostgresFixture::SqlStateAs(const std::string& role, const std::string& sql) {
  try {
    pqxx::connection connection(ConnectionString(role));
    pqxx::nontransaction(connection).exec(sql);
    return "";
  } catch (const pqxx::insufficient_privilege&) {
    return "42501";  // libpqxx 6.4 keeps no state of this one
  } catch (const pqxx::sql_error& error) {
    return error.sqlstate();
  } catch (const std::exception& error) {
    return error.what();
  }
}

void PostgresFixture::AdvanceDatabaseClock(absl::Duration by) {
  Execute(absl::StrFormat(
      "UPDATE padlock.clock SET time_offset = time_offset + interval '%d microseconds'",
      absl::ToInt64Microseconds(by)));
}

Lease PostgresFixture::ClaimOne() {
  absl::StatusOr<std::vector<Lease>> leases =
      queue_->ClaimDue({.limit = 10, .lease = absl::Seconds(30)});
  EXPECT_THAT(leases, IsOk());
  if (!leases.ok() || leases->size() != 1) {
    ADD_FAILURE() << "not exactly one row is due";
    return {};
  }
  return leases->front();
}

}  // namespace cert::testing

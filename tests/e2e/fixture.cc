#include "e2e/fixture.h"
#include "e2e/resource_id.h"

#include <gmock/gmock.h>

#include <pqxx/pqxx>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "e2e/secrets.h"

namespace e2e {

namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;

constexpr absl::Duration kPollInterval = absl::Milliseconds(50);

}  // namespace

std::unique_ptr<lab::Lab> LabTest::lab_;

void LabTest::StartLab(lab::Lab::Options options) {
  absl::StatusOr<std::unique_ptr<lab::Lab>> lab = lab::Lab::Start(std::move(options));
  ASSERT_THAT(lab, IsOk());
  lab_ = *std::move(lab);
}

void LabTest::TearDownTestSuite() {
  if (lab_ == nullptr) return;
  EXPECT_THAT(FindLeaks(*lab_, Tenant::Printed()), IsOkAndHolds(::testing::IsEmpty()));
  lab_.reset();
}

void LabTest::SetUp() {
  ASSERT_NE(lab_, nullptr);
  absl::StatusOr<std::unique_ptr<Tenant>> acme = Tenant::Connect(*lab_, "acme");
  ASSERT_THAT(acme, IsOk());
  acme_ = *std::move(acme);
}

pb::Domain LabTest::Add(const std::string& zone) {
  const absl::StatusOr<pb::Domain> domain = acme().AddWithRecords(zone, /*wildcard=*/true);
  EXPECT_THAT(domain, IsOk());
  return domain.value_or(pb::Domain());
}

std::string LabTest::Query(const std::string& sql) {
  pqxx::connection connection(lab_->DatabaseFor("padlock_read"));
  const pqxx::result rows = pqxx::nontransaction(connection).exec(sql);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

std::string LabTest::Select(const std::string& column, const std::string& table,
                            const pb::Domain& domain) {
  return Query(absl::StrFormat("SELECT %s FROM padlock.%s WHERE certificate = '%s'", column, table,
                               IdOf(domain.certificate())));
}

::testing::AssertionResult LabTest::Becomes(const std::string& sql, const std::string& value) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  std::string found = Query(sql);
  // Nothing tells us of a change in the database but the database.
  for (; found != value && !deadline.Expired(); found = Query(sql)) absl::SleepFor(kPollInterval);
  if (found == value) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << sql << " is " << found;
}

::testing::AssertionResult LabTest::IsStoppedBy(const pb::Domain& domain, const std::string& code) {
  const std::string id = IdOf(domain.certificate());
  const ::testing::AssertionResult stopped = Becomes(
      absl::StrFormat("SELECT finding->>'code' FROM padlock.certificates WHERE id = '%s'", id),
      code);
  if (stopped) return stopped;
  const std::string rows = Query(absl::StrFormat(
      "SELECT jsonb_build_object('now', padlock.padlock_now(), 'certificate', c, "
      "'due', (SELECT jsonb_agg(w) FROM padlock.work AS w WHERE w.tenant = c.tenant)) "
      "FROM padlock.certificates AS c WHERE id = '%s'",
      id));
  return ::testing::AssertionFailure() << stopped.message() << "; all of it: " << rows;
}

lab::Lab::Options QuickCa() { return {.pebble_sleeps = false}; }

}  // namespace e2e

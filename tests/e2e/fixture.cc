#include "e2e/fixture.h"

#include <gmock/gmock.h>

#include <pqxx/pqxx>
#include <utility>

#include "base/testing/status_matchers.h"

namespace e2e {

using ::base::testing::IsOk;

std::unique_ptr<lab::Lab> LabTest::lab_;

void LabTest::StartLab(lab::Lab::Options options) {
  absl::StatusOr<std::unique_ptr<lab::Lab>> lab = lab::Lab::Start(std::move(options));
  ASSERT_THAT(lab, IsOk());
  lab_ = *std::move(lab);
}

void LabTest::TearDownTestSuite() { lab_.reset(); }

void LabTest::SetUp() {
  ASSERT_NE(lab_, nullptr);
  absl::StatusOr<std::unique_ptr<Tenant>> acme = Tenant::Connect(*lab_, "acme");
  ASSERT_THAT(acme, IsOk());
  acme_ = *std::move(acme);
}

std::string LabTest::Query(const std::string& sql) {
  pqxx::connection connection(lab_->DatabaseFor("padlock_read"));
  const pqxx::result rows = pqxx::nontransaction(connection).exec(sql);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

lab::Lab::Options QuickCa() { return {.pebble_sleeps = false}; }

}  // namespace e2e

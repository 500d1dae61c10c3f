// Budgets.

#include "absl/strings/str_cat.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

constexpr char kGetBudget[] =
    "SELECT remaining, time FROM padlock.budgets WHERE tenant = $1 AND subject = $2";

constexpr char kPutBudget[] = R"(
INSERT INTO padlock.budgets AS b (tenant, subject, remaining, time)
VALUES ($1, $2, $3, $4::timestamptz)
ON CONFLICT (tenant, subject) DO UPDATE SET remaining = excluded.remaining, time = excluded.time)";

}  // namespace

absl::StatusOr<std::optional<Budget>> PostgresTransaction::GetBudget(const std::string& subject) {
  using Result = absl::StatusOr<std::optional<Budget>>;
  return session_.Run([&](Statements& sql) -> Result {
    const char* const lock = access_ == Access::kRead ? "" : " FOR UPDATE";
    const pqxx::result found =
        sql.exec_params(absl::StrCat(kGetBudget, lock), tenant_.text(), subject);
    if (found.empty()) return std::nullopt;
    const pqxx::row row = found[0];
    return Budget{.left = row["remaining"].as<double>(), .time = RowReader(row).Time("time")};
  });
}

absl::Status PostgresTransaction::PutBudget(const std::string& subject, const Budget& budget) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kPutBudget, tenant_.text(), subject, budget.left, TimeText(budget.time));
    return absl::OkStatus();
  });
}

}  // namespace cert

// When issuances are renewed.

#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

constexpr char kGetRenewal[] = R"(
SELECT issuance, ca, account_url, renewal_id, not_before, not_after, draw, window_start, window_end,
       explanation_url, refresh_time
FROM padlock.renewals WHERE tenant = $1 AND issuance = $2)";

constexpr char kPutRenewal[] = R"(
INSERT INTO padlock.renewals (tenant, issuance, ca, account_url, renewal_id, not_before, not_after,
  draw, window_start, window_end, explanation_url, refresh_time)
VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz, $8, $9::timestamptz,
  $10::timestamptz, $11, $12::timestamptz)
ON CONFLICT (tenant, issuance) DO UPDATE
SET window_start = excluded.window_start, window_end = excluded.window_end,
    explanation_url = excluded.explanation_url, refresh_time = excluded.refresh_time)";

std::optional<RenewalWindow> WindowFrom(const RowReader& reader) {
  const std::optional<absl::Time> start = reader.MaybeTime("window_start");
  if (!start) return std::nullopt;
  return RenewalWindow{.start = *start, .end = reader.Time("window_end")};
}

Renewal RenewalFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {
      .issuance = IssuanceId(reader.Text("issuance")),
      .ca = reader.Text("ca"),
      .account_url = reader.Text("account_url"),
      .renewal_id = reader.Text("renewal_id"),
      .validity = {.not_before = reader.Time("not_before"), .not_after = reader.Time("not_after")},
      .draw = row["draw"].as<double>(),
      .window = WindowFrom(reader),
      .explanation_url = reader.Text("explanation_url"),
      .refresh_time = reader.Time("refresh_time")};
}

OptionalText StartText(const Renewal& renewal) {
  if (!renewal.window) return std::nullopt;
  return TimeText(renewal.window->start);
}

OptionalText EndText(const Renewal& renewal) {
  if (!renewal.window) return std::nullopt;
  return TimeText(renewal.window->end);
}

}  // namespace

absl::StatusOr<std::optional<Renewal>> PostgresTransaction::GetRenewal(const IssuanceId& id) {
  using Result = absl::StatusOr<std::optional<Renewal>>;
  return session_.Run([&](Statements& sql) -> Result {
    const pqxx::result found = sql.exec_params(kGetRenewal, tenant_.text(), id.text());
    if (found.empty()) return std::optional<Renewal>();
    return std::optional(RenewalFrom(found[0]));
  });
}

absl::Status PostgresTransaction::PutRenewal(const Renewal& renewal) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kPutRenewal, tenant_.text(), renewal.issuance.text(), renewal.ca, renewal.account_url,
              renewal.renewal_id, TimeText(renewal.validity.not_before),
              TimeText(renewal.validity.not_after), renewal.draw, StartText(renewal),
              EndText(renewal), renewal.explanation_url, TimeText(renewal.refresh_time));
    return absl::OkStatus();
  });
}

}  // namespace cert

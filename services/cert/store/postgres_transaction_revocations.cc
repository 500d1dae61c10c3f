// Revocations: columns of their issuances, with a work row of their own.

#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

constexpr char kGetProgress[] = R"(
SELECT state, tries, start_time, due_time FROM padlock.work
WHERE tenant = $1 AND kind = 'revocation' AND id = $2)";

constexpr char kPutRevocation[] = R"(
UPDATE padlock.issuances
SET revocation_reason = $3, revocation_actor = $4, revocation_request_id = $5,
    revocation_request_time = $6::timestamptz, revoke_time = $7::timestamptz,
    revocation_finding = $8::jsonb
WHERE tenant = $1 AND id = $2)";

constexpr char kMarkCompromised[] =
    "INSERT INTO padlock.compromised_keys (key_hash, time) VALUES ($1, padlock.padlock_now()) "
    "ON CONFLICT DO NOTHING";

constexpr char kIsCompromised[] = "SELECT 1 FROM padlock.compromised_keys WHERE key_hash = $1";

void PutRevocation(Statements& sql, const TenantId& tenant, const Issuance& issuance) {
  const Revocation& revocation = *issuance.revocation;
  sql.Later(kPutRevocation, tenant.text(), issuance.id.text(), static_cast<int>(revocation.reason),
            revocation.actor, revocation.request_id, TimeText(revocation.request_time),
            TimeText(revocation.revoke_time), FindingText(revocation.finding));
}

}  // namespace

absl::StatusOr<RevocationProgress> PostgresTransaction::GetRevocation(const IssuanceId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<RevocationProgress> {
    const char* lock = access_ == Access::kRead ? "" : " FOR UPDATE";
    const pqxx::result found =
        sql.exec_params(std::string(kGetProgress) + lock, tenant_.text(), id.text());
    if (found.empty()) return absl::NotFoundError("no such revocation");
    const pqxx::row row = found[0];
    return RowReader(row).Progress(ParseRevocationState);
  });
}

absl::Status PostgresTransaction::InsertRevocation(const Issuance& issuance,
                                                   const RevocationProgress& progress) {
  return session_.Run([&](Statements& sql) {
    InsertWork(sql, ToWorkRow(WorkKind::kRevocation, issuance.id.text(), progress));
    PutRevocation(sql, tenant_, issuance);
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::UpdateRevocation(const Issuance& issuance,
                                                   const RevocationProgress& progress) {
  return session_.Run([&](Statements& sql) {
    UpdateWork(sql, ToWorkRow(WorkKind::kRevocation, issuance.id.text(), progress));
    PutRevocation(sql, tenant_, issuance);
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::MarkCompromised(const std::string& key_hash) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kMarkCompromised, key_hash);
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> PostgresTransaction::IsCompromised(const std::string& key_hash) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<bool> {
    return !sql.exec_params(kIsCompromised, key_hash).empty();
  });
}

}  // namespace cert

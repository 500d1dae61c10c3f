#include "cert/store/postgres_transaction.h"

#include <utility>

#include "base/status_macros.h"
#include "cert/store/json_codec.h"

namespace cert {
namespace {

// Who waits for work polls every second anyway.
constexpr absl::Duration kSoon = absl::Seconds(1);

// At the end, or every step would lock its own row before those that others lock before it
// (store.h).
constexpr char kKeepLease[] = R"(
SELECT padlock.require_lease(EXISTS (
  SELECT FROM padlock.work
  WHERE tenant = $1 AND kind = $2 AND id = $3 AND lease_token = $4::uuid
    AND lease_expire_time > padlock.padlock_now()
  FOR UPDATE)))";

// What somebody else made due meanwhile is not put off by what the holder stored. Who may claim it
// within a second is woken.
constexpr char kGiveUpLease[] = R"(
WITH given AS (
  UPDATE padlock.work
  SET lease_token = NULL, lease_expire_time = NULL, claims = 0, wake_time = NULL,
      due_time = CASE WHEN due_time IS NULL THEN NULL ELSE least(due_time, wake_time) END
  WHERE tenant = $1 AND kind = $2 AND id = $3 AND lease_token = $4::uuid
    AND lease_expire_time > padlock.padlock_now()
  RETURNING due_time
)
SELECT padlock.require_lease(EXISTS (SELECT FROM given)),
       (SELECT pg_notify('padlock_work', '') FROM given
        WHERE due_time <= padlock.padlock_now() + $5::bigint * interval '1 microsecond'))";

constexpr char kInsertWork[] = R"(
INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time)
VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz))";

// Nothing when the lease is lost, and then the commit fails.
constexpr char kInsertLeasedWork[] = R"(
INSERT INTO padlock.work (tenant, kind, id, state, tries, start_time, due_time, lease_token,
                          lease_expire_time, claims)
SELECT $1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz, holder.lease_token,
       holder.lease_expire_time, 1
FROM padlock.work AS holder
WHERE holder.tenant = $1 AND holder.kind = $8 AND holder.id = $9
  AND holder.lease_token = $10::uuid)";

constexpr char kUpdateLeasedWork[] = R"(
UPDATE padlock.work
SET state = $4, tries = $5, start_time = $6::timestamptz, due_time = $7::timestamptz
WHERE tenant = $1 AND kind = $2 AND id = $3)";

// While another holds the row, its due time is kept beside what the holder will store.
constexpr char kUpdateWork[] = R"(
UPDATE padlock.work
SET state = $4, tries = $5, start_time = $6::timestamptz, due_time = $7::timestamptz,
    wake_time = CASE WHEN lease_token IS NOT NULL THEN least(wake_time, $7::timestamptz) END
WHERE tenant = $1 AND kind = $2 AND id = $3)";

constexpr char kReadDelegationId[] =
    "SELECT delegation_id FROM padlock.tenants WHERE tenant = $1 AND delegation_id IS NOT NULL";

constexpr char kMakeDelegationId[] = R"(
INSERT INTO padlock.tenants AS t (tenant, delegation_id) VALUES ($1, $2)
ON CONFLICT (tenant) DO UPDATE SET delegation_id = coalesce(t.delegation_id, excluded.delegation_id)
RETURNING t.delegation_id)";

// The head row is locked here, at the very end, until the commit: so numbers follow commits.
constexpr char kStoreEvents[] = R"(
WITH head AS (
  INSERT INTO padlock.tenants AS t (tenant, last_event_number) VALUES ($1, $2)
  ON CONFLICT (tenant)
    DO UPDATE SET last_event_number = t.last_event_number + excluded.last_event_number
  RETURNING t.last_event_number
), added AS (
  INSERT INTO padlock.events (tenant, number, time, type, domain, certificate, order_id, actor,
                              request_id, message, attempt)
  SELECT $1, head.last_event_number - $2 + e.position, $4::timestamptz, e.type, e.domain,
         e.certificate, e.order_id, e.actor, e.request_id, e.message, e.attempt
  FROM head, ROWS FROM (jsonb_to_recordset($3::jsonb) AS (
    type text, domain text, certificate text, order_id text, actor text, request_id text,
    message text, attempt integer)) WITH ORDINALITY AS e (type, domain, certificate, order_id,
    actor, request_id, message, attempt, position)
)
SELECT pg_notify('padlock_events', $1), CASE WHEN $5 THEN pg_notify('padlock_work', '') END)";

constexpr char kNameTenant[] = "SELECT set_config('padlock.tenant', $1, true)";

constexpr char kWakeWorkers[] = "SELECT pg_notify('padlock_work', '')";

}  // namespace

absl::Status PostgresTransaction::CheckLease() {
  return session_.Run([&](Statements& sql) {
    sql.exec_params(kKeepLease, tenant_.text(), WorkKindName(lease_->kind), lease_->id,
                    lease_->token);
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::KeepLease() {
  return session_.Run([&](Statements& sql) {
    sql.Later(kKeepLease, tenant_.text(), WorkKindName(lease_->kind), lease_->id, lease_->token);
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::GiveUpLease() {
  return session_.Run([&](Statements& sql) {
    sql.Later(kGiveUpLease, tenant_.text(), WorkKindName(lease_->kind), lease_->id, lease_->token,
              absl::ToInt64Microseconds(kSoon));
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::StoreEvents() {
  for (const auto& other : others_) {
    RETURN_IF_ERROR(Name(other->tenant_));
    RETURN_IF_ERROR(other->StoreEvents());
    RETURN_IF_ERROR(Name(tenant_));
  }
  return session_.Run([&](Statements& sql) {
    if (!events_.empty()) {
      sql.Later(kStoreEvents, tenant_.text(), static_cast<std::int64_t>(events_.size()),
                EventsToJson(events_), TimeText(session_.now()), made_due_);
    } else if (made_due_) {
      sql.Later(kWakeWorkers);
    }
    return absl::OkStatus();
  });
}

absl::Status PostgresTransaction::ActFor(const TenantId& tenant,
                                         absl::FunctionRef<absl::Status(Transaction&)> body) {
  RETURN_IF_ERROR(Name(tenant));
  others_.push_back(std::make_unique<PostgresTransaction>(session_, tenant, access_, nullptr));
  const absl::Status done = body(*others_.back());
  RETURN_IF_ERROR(Name(tenant_));
  return done;
}

// Whose rows the statements that follow see.
absl::Status PostgresTransaction::Name(const TenantId& tenant) {
  return session_.Run([&](Statements& sql) {
    sql.Later(kNameTenant, tenant.text());
    return absl::OkStatus();
  });
}

absl::StatusOr<std::string> PostgresTransaction::DelegationId(const std::string& candidate) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<std::string> {
    const pqxx::result found = sql.exec_params(kReadDelegationId, tenant_.text());
    if (!found.empty()) return found[0][0].as<std::string>();
    if (access_ == Access::kRead) return absl::NotFoundError("the tenant has no delegation id");
    return sql.exec_params1(kMakeDelegationId, tenant_.text(), candidate)[0].as<std::string>();
  });
}

void PostgresTransaction::InsertWork(Statements& sql, const WorkRow& row) {
  sql.Later(kInsertWork, tenant_.text(), WorkKindName(row.kind), row.id, row.state, row.tries,
            TimeText(row.start_time), DueText(row.due_time));
  NoteDue(row.due_time);
}

void PostgresTransaction::InsertLeasedWork(Statements& sql, const WorkRow& row) {
  sql.Later(kInsertLeasedWork, tenant_.text(), WorkKindName(row.kind), row.id, row.state, row.tries,
            TimeText(row.start_time), DueText(row.due_time), WorkKindName(lease_->kind), lease_->id,
            lease_->token);
}

void PostgresTransaction::NoteHeld(const std::string& id) {
  if (access_ == Access::kWrite) held_.insert(id);
}

void PostgresTransaction::UpdateWork(Statements& sql, const WorkRow& row) {
  sql.Later(IsLeased(row) ? kUpdateLeasedWork : kUpdateWork, tenant_.text(), WorkKindName(row.kind),
            row.id, row.state, row.tries, TimeText(row.start_time), DueText(row.due_time));
  if (!IsLeased(row)) NoteDue(row.due_time);  // the leased one is due when the lease is given up
}

bool PostgresTransaction::IsLeased(const WorkRow& row) const {
  return lease_ != nullptr && lease_->kind == row.kind && lease_->id == row.id;
}

void PostgresTransaction::NoteDue(absl::Time due_time) {
  made_due_ = made_due_ || due_time <= now() + kSoon;
}

}  // namespace cert
